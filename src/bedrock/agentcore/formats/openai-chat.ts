import type { Answer } from '../answer.ts';
import { readBlocks, readContent, toUsage } from './content.ts';
import { type Format, isObject, type JsonValue, listIn, objectIn, stringIn } from './format.ts';

/**
 * OpenAI's chat completions, whole and in chunks, as agents pass them on from a model or a gateway.
 * https://platform.openai.com/docs/api-reference/chat
 */
export const openaiChat: Format = {
  name: 'openai-chat',
  read(value, answer) {
    const { choices } = value;
    if (!Array.isArray(choices)) return false;
    const isChunk =
      stringIn(value, 'object') === 'chat.completion.chunk' || objectIn(choices[0], 'delta') !== undefined;
    // Of several choices the first is the answer.
    const choice: unknown = choices.find((each) => isObject(each) && (each['index'] ?? 0) === 0);
    if (isObject(choice)) readChoice(choice, answer);
    // Some gateways count up in every chunk; the last one has no choice or ends it.
    const isLast = !isChunk || !isObject(choice) || stringIn(choice, 'finish_reason') !== undefined;
    if (isLast) answer.usage(toUsage(objectIn(value, 'usage')));
    return true;
  },
};

function readChoice(choice: JsonValue, answer: Answer): void {
  const delta = objectIn(choice, 'delta');
  if (delta) readDelta(delta, answer);
  else readMessage(objectIn(choice, 'message') ?? { content: choice['text'] }, answer);
  const reason = stringIn(choice, 'finish_reason');
  if (reason === undefined) return;
  answer.endMessage(reason);
  answer.closeMessage();
}

function readDelta(delta: JsonValue, answer: Answer): void {
  if (delta['role'] === 'assistant') answer.openMessage();
  answer.reasoning(toReasoning(delta));
  answer.text(toText(delta));
  for (const call of listIn(delta, 'tool_calls')) {
    const key = String(call['index']);
    const name = stringIn(objectIn(call, 'function'), 'name');
    const id = stringIn(call, 'id');
    // Only the first piece names the function.
    if (name && id) answer.beginCall(key, id, name);
    answer.addArguments(key, stringIn(objectIn(call, 'function'), 'arguments') ?? '');
  }
}

function readMessage(message: JsonValue, answer: Answer): void {
  const { calls } = readBlocks(
    listIn(message, 'tool_calls').map((call) => ({ ...objectIn(call, 'function'), id: call['id'], type: 'tool_call' })),
  );
  answer.message({ text: toText(message), reasoning: toReasoning(message), calls });
}

function toText(message: JsonValue): string {
  return (readContent(message['content'])?.text ?? '') + (stringIn(message, 'refusal') ?? '');
}

function toReasoning(message: JsonValue): string {
  const reasoning = stringIn(message, 'reasoning_content') ?? stringIn(message, 'reasoning');
  return reasoning ?? readContent(message['content'])?.reasoning ?? '';
}
