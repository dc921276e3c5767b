import { aiSdk } from './ai-sdk.ts';
import { toAgentError } from './error.ts';
import { type Format, objectIn, stringIn } from './format.ts';

/**
 * The parts of a Mastra agent: the AI SDK's, their fields under `payload`, with the run they belong to.
 * https://github.com/mastra-ai/mastra/blob/main/packages/core/src/stream/types.ts
 */
export const mastra: Format = {
  name: 'mastra',
  fields: ['payload'],
  read(value, answer, read) {
    const type = stringIn(value, 'type');
    const payload = objectIn(value, 'payload');
    if (type === undefined || !payload || typeof value['from'] !== 'string') return false;
    if (type === 'error' || type === 'tripwire') {
      answer.fail(toAgentError(payload));
      return true;
    }
    // A network of agents wraps what its agents stream.
    if (type.startsWith('agent-execution-event-')) return mastra.read(payload, answer, read);
    if (type === 'routing-agent-text-delta') {
      answer.text(stringIn(payload, 'text') ?? '');
      return true;
    }
    const inner = /^(workflow-)?step-output$/.test(type) ? objectIn(payload, 'output') : undefined;
    if (inner) return mastra.read(inner, answer, read) || true;
    const finished = stringIn(objectIn(payload, 'stepResult'), 'reason');
    const usage = objectIn(objectIn(payload, 'output'), 'usage');
    const ends = type === 'finish' || type === 'step-finish';
    const part = ends
      ? { ...(finished !== undefined && { finishReason: finished }), ...(usage && { usage }) }
      : payload;
    // What it says of its workflows, tools and steps beside that is no part of an answer.
    return aiSdk.read({ ...part, type }, answer, read) || true;
  },
};
