import type { Usage } from '../../../agent.ts';
import type { Answer } from '../answer.ts';
import { readBlocks, readContent, toUsage } from './content.ts';
import { type Format, isObject, type JsonValue, keyIn, listIn, objectIn, stringIn } from './format.ts';

/** Answers whose last completion told its usage with its end: some gateways tell it once more behind it. */
const counted = new WeakSet<Answer>();

/**
 * OpenAI's chat completions, whole and in chunks, as agents pass them on from a model or a gateway.
 * https://platform.openai.com/docs/api-reference/chat
 */
export const openaiChat: Format = {
  name: 'openai-chat',
  fields: ['choices'],
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
    if (isLast) readUsage(toUsage(objectIn(value, 'usage')), isObject(choice), answer);
    return true;
  },
};

function readUsage(usage: Usage | undefined, isWithChoice: boolean, answer: Answer): void {
  const isCounted = counted.delete(answer);
  if (isWithChoice && usage) counted.add(answer);
  if (isWithChoice || !isCounted) answer.usage(usage);
}

/** Messages that are not the agent's own. */
const others = ['tool', 'function', 'user', 'system', 'developer'];

function readChoice(choice: JsonValue, answer: Answer): void {
  const delta = objectIn(choice, 'delta');
  const message = objectIn(choice, 'message');
  const role = stringIn(delta ?? message, 'role') ?? '';
  if (others.includes(role)) answer.dropCall(stringIn(delta ?? message, 'tool_call_id') ?? '');
  else if (delta) readDelta(delta, answer);
  else if (message) readMessage(message, answer);
  // Of the older completions, which are pieces of a text where they are streamed.
  else answer.text(stringIn(choice, 'text') ?? '');
  if (others.includes(role)) answer.closeMessage();
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
    const key = keyIn(call, 'index');
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
