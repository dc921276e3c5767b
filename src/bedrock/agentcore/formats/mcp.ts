import { BadGatewayError } from '../../../errors.ts';
import { type Format, objectIn, stringIn } from './format.ts';

/**
 * The result of an MCP tool: an MCP server is no chat agent, but it may be asked like one.
 * https://modelcontextprotocol.io/specification/2025-06-18/server/tools#tool-result
 */
export const mcp: Format = {
  name: 'mcp',
  fields: ['jsonrpc'],
  read(value, answer) {
    // What an MCP server tells of its progress.
    if (value['jsonrpc'] === '2.0' && typeof value['method'] === 'string') return true;
    const result = value['jsonrpc'] === '2.0' ? objectIn(value, 'result') : undefined;
    const structured = objectIn(result, 'structuredContent');
    const blocks = result?.['content'];
    if (!result || (!Array.isArray(blocks) && !structured)) return false;
    const text = Array.isArray(blocks) ? blocks.map(toText).join('') : '';
    if (result['isError'] === true) {
      answer.fail(new BadGatewayError(text === '' ? "The agent's tool failed." : text, { retryable: false }));
    } else {
      answer.message({ text, reasoning: '', calls: [] });
      if (structured) answer.lastResort(JSON.stringify(structured));
    }
    return true;
  },
};

/** Of a text, or of a resource that is one. */
function toText(block: unknown): string {
  return stringIn(block, 'text') ?? stringIn(objectIn(block, 'resource'), 'text') ?? '';
}
