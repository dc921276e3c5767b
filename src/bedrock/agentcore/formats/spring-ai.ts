import type { Answer } from '../answer.ts';
import { toUsage } from './content.ts';
import { type Format, type JsonValue, listIn, objectIn, stringIn } from './format.ts';

/**
 * Spring AI: a `ChatResponse`, whole or as a piece of a stream, alone or within what a `ChatClient` returns; a
 * `Generation` of it, or the message of one. https://docs.spring.io/spring-ai/reference/api/chatmodel.html
 */
export const springAi: Format = {
  name: 'spring-ai',
  fields: ['chatResponse', 'result', 'results', 'output', 'messageType'],
  read(value, answer) {
    const response = objectIn(value, 'chatResponse') ?? value;
    const generation = objectIn(response, 'result') ?? listIn(response, 'results')[0] ?? response;
    const message = objectIn(generation, 'output') ?? generation;
    const type = stringIn(message, 'messageType');
    if (type === undefined) return false;
    if (type === 'ASSISTANT') readMessage(message, answer);
    // What a tool returns is for the agent, which ran what it called for.
    else if (type === 'TOOL') answer.dropCalls();
    const metadata = ['finishReason', 'finish_reason'].map((name) => stringIn(objectIn(generation, 'metadata'), name));
    answer.endMessage(metadata.find((reason) => reason));
    const usage = toUsage(objectIn(objectIn(response, 'metadata'), 'usage'));
    // Pieces that were told no counts have zeros; those that were have all so far.
    if (usage && usage.inputTokens + usage.outputTokens > 0) answer.totalUsage(usage);
    return true;
  },
};

function readMessage(message: JsonValue, answer: Answer): void {
  answer.text(stringIn(message, 'text') ?? stringIn(message, 'content') ?? '');
  for (const call of listIn(message, 'toolCalls')) {
    const name = stringIn(call, 'name') ?? '';
    answer.call({ id: stringIn(call, 'id') ?? name, name, arguments: stringIn(call, 'arguments') ?? '{}' });
  }
}
