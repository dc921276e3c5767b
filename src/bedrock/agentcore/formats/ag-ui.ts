import { BadGatewayError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import { toUsage } from './content.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

const known =
  /^((TEXT_MESSAGE|TOOL_CALL|THINKING|REASONING|RUN|STEP|STATE|MESSAGES|ACTIVITY|SUBAGENT)(_[A-Z]+)+|RAW|CUSTOM)$/;

/** Messages that are not the agent's to its user, by the answer they came in. */
const others = new WeakMap<Answer, Set<string>>();

/**
 * The events of the AG-UI protocol, 0.x and 1.0; a run tells of its end, so one without was cut short.
 * https://docs.ag-ui.com/concepts/events
 */
export const agUi: Format = {
  name: 'ag-ui',
  fields: ['type'],
  read(value, answer) {
    const type = stringIn(value, 'type');
    if (type === undefined || !known.test(type)) return false;
    if (!type.startsWith('RUN_')) answer.at(stringIn(value, 'subagentRunId') ?? '');
    readEvent(type, value, answer);
    return true;
  },
};

function readEvent(type: string, value: JsonValue, answer: Answer): void {
  const delta = stringIn(value, 'delta') ?? '';
  const messageId = stringIn(value, 'messageId');
  const callId = stringIn(value, 'toolCallId');
  switch (type) {
    case 'RUN_STARTED':
      return answer.beginRun();
    case 'TEXT_MESSAGE_START':
      if (isOther(value, answer)) return;
      answer.within(messageId ?? '');
      return answer.openMessage();
    case 'TEXT_MESSAGE_CONTENT':
    case 'TEXT_MESSAGE_CHUNK':
      if (isOther(value, answer)) return;
      if (messageId !== undefined) answer.within(messageId);
      return answer.text(delta);
    case 'TEXT_MESSAGE_END':
      return answer.endMessage(undefined);
    case 'REASONING_MESSAGE_CONTENT':
    case 'REASONING_MESSAGE_CHUNK':
    case 'THINKING_TEXT_MESSAGE_CONTENT':
      return answer.reasoning(delta);
    case 'TOOL_CALL_START':
    case 'TOOL_CALL_CHUNK': {
      const name = stringIn(value, 'toolCallName');
      if (callId !== undefined && name !== undefined) answer.beginCall(callId, callId, name);
      return answer.addArguments(callId, delta);
    }
    case 'TOOL_CALL_ARGS':
      return answer.addArguments(callId, delta);
    case 'TOOL_CALL_RESULT':
      answer.dropCall(callId ?? '');
      return answer.closeMessage();
    case 'MESSAGES_SNAPSHOT':
      return readSnapshot(value['messages'], answer);
    case 'RUN_FINISHED':
      return readFinish(value, answer);
    case 'RUN_ERROR': {
      const code = stringIn(value, 'code');
      const message = stringIn(value, 'message') ?? 'The agent reported an error and did not say which.';
      return answer.fail(new BadGatewayError(message, { retryable: false, ...(code !== undefined && { code }) }));
    }
  }
}

/** Whether a message is somebody else's: of the user, or an instruction. Only its first event says so. */
function isOther(value: JsonValue, answer: Answer): boolean {
  const id = stringIn(value, 'messageId') ?? '';
  const role = stringIn(value, 'role') ?? 'assistant';
  const ids = others.get(answer) ?? new Set();
  if (role !== 'assistant') others.set(answer, ids.add(id));
  return ids.has(id);
}

/** The whole conversation: what the agent said last, where it did not stream it, and which of its calls it ran. */
function readSnapshot(messages: unknown, answer: Answer): void {
  if (!Array.isArray(messages)) return;
  const list = messages.filter(isObject);
  const last = list.slice(list.findLastIndex(({ role }) => role === 'user') + 1);
  const answered = new Set(last.flatMap((message) => stringIn(message, 'toolCallId') ?? []));
  for (const id of answered) answer.dropCall(id);
  for (const message of last.filter(({ role }) => role === 'assistant')) {
    const text = stringIn(message, 'content') ?? '';
    if (text !== '') answer.lastResort(text);
    const calls = Array.isArray(message['toolCalls']) ? message['toolCalls'] : [];
    for (const call of calls) {
      const id = stringIn(call, 'id') ?? '';
      const called = objectIn(call, 'function');
      const name = stringIn(called, 'name');
      if (name === undefined || answered.has(id)) continue;
      answer.call({ id, name, arguments: stringIn(called, 'arguments') ?? '' });
    }
  }
}

function readFinish(value: JsonValue, answer: Answer): void {
  const outcome = objectIn(value, 'outcome');
  const ids = outcome?.['pendingToolCallIds'];
  const pending = new Set(Array.isArray(ids) ? ids : []);
  // An empty list says that nobody counted.
  if (pending.size > 0) answer.dropCalls((key) => !pending.has(key));
  const interrupts = outcome?.['interrupts'];
  for (const interrupt of Array.isArray(interrupts) ? interrupts : []) {
    const text = stringIn(interrupt, 'message') ?? stringIn(interrupt, 'reason') ?? '';
    // What the run waits for is its user's to answer, and a call that waits for it nobody's to run.
    answer.begin();
    answer.text(text);
  }
  if (typeof value['result'] === 'string') answer.lastResort(value['result']);
  const usages = Array.isArray(value['usage']) ? value['usage'].filter(isObject).map(toUsage) : [];
  for (const usage of usages) answer.usage(usage);
  const type = stringIn(outcome, 'type');
  answer.endRun(type === 'success' ? undefined : type);
}
