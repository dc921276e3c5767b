import type { ToolCall } from '../../../agent.ts';
import type { Answer, Content } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readBlocks, readContent, toUsage } from './content.ts';
import { type Format, type JsonValue, listIn, objectIn, stringIn } from './format.ts';

const stream: Channel = { family: 'llama-index', name: 'stream' };
const output: Channel = { family: 'llama-index', name: 'output' };

/**
 * The events of a LlamaIndex agent workflow: `AgentStream`, `AgentOutput`, `ToolCall`, `ToolCallResult`, bare or in the
 * envelope of a workflow server.
 * https://developers.llamaindex.ai/python/framework/understanding/agent/streaming/
 */
export const llamaIndex: Format = {
  name: 'llama-index',
  fields: ['value', 'result', 'tool_id', 'current_agent_name'],
  read(value, answer) {
    const inner = objectIn(value, 'value');
    if (inner && ('qualified_name' in value || '__is_pydantic' in value)) return read(inner, answer) || true;
    const result = objectIn(value, 'result');
    if (result && 'current_agent_name' in result) {
      answer.result(toContent(result));
      return true;
    }
    return read(value, answer);
  },
};

function read(value: JsonValue, answer: Answer): boolean {
  const tool = stringIn(value, 'tool_id');
  if (tool !== undefined && 'tool_kwargs' in value) {
    readTool(tool, value, answer);
    return true;
  }
  if (!('current_agent_name' in value)) return false;
  const delta = stringIn(value, 'delta');
  if (delta !== undefined) {
    answer.reasoning(stringIn(value, 'thinking_delta') ?? '');
    answer.text(delta);
    answer.usage(toUsage(objectIn(objectIn(value, 'raw'), 'usage')), stream);
    return true;
  }
  // What goes into an agent (`input`) is not its answer.
  if (!objectIn(value, 'response')) return true;
  answer.message(toContent(value));
  answer.usage(toUsage(objectIn(objectIn(value, 'raw'), 'usage')), output);
  return true;
}

function readTool(id: string, value: JsonValue, answer: Answer): void {
  if (!('tool_output' in value)) return answer.call(toCall(value));
  answer.dropCall(id);
  answer.closeMessage();
}

function toCall(value: JsonValue): ToolCall {
  const [id, name] = [stringIn(value, 'tool_id') ?? '', stringIn(value, 'tool_name') ?? ''];
  return { id, name, arguments: JSON.stringify(value['tool_kwargs'] ?? {}) };
}

function toContent(output: JsonValue): Content {
  const response = objectIn(output, 'response');
  const { text, reasoning } = readBlocks(listIn(response, 'blocks').map(toBlock));
  return {
    text: readContent(response?.['content'])?.text ?? text,
    reasoning,
    calls: listIn(output, 'tool_calls').map(toCall),
  };
}

/** A block as other families write it. */
function toBlock(block: JsonValue): JsonValue {
  return block['block_type'] === 'thinking' ? { type: 'thinking', text: block['content'] } : block;
}
