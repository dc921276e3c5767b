import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { toUsage } from './content.ts';
import { type Format, type JsonValue, keyIn, listIn, objectIn, stringIn } from './format.ts';

const parts: Channel = { family: 'pydantic-ai', name: 'parts' };
const response: Channel = { family: 'pydantic-ai', name: 'response' };

/**
 * The events of a Pydantic AI run, and the messages of its history.
 * https://ai.pydantic.dev/api/messages/
 */
export const pydanticAi: Format = {
  name: 'pydantic-ai',
  fields: ['event_kind', 'parts'],
  read(value, answer) {
    const kind = stringIn(value, 'event_kind');
    if (kind !== undefined) readEvent(kind, value, answer);
    else if (Array.isArray(value['parts']) && /^(request|response)$/.test(stringIn(value, 'kind') ?? ''))
      readMessage(value, answer);
    else return false;
    return true;
  },
};

function readEvent(kind: string, event: JsonValue, answer: Answer): void {
  const key = keyIn(event, 'index');
  const part = objectIn(event, 'part');
  switch (kind) {
    case 'part_start':
      // Each response of the model counts its parts from 0.
      if (event['index'] === 0) answer.closeMessage();
      readPart(key, part, answer);
      break;
    case 'part_delta': {
      const delta = objectIn(event, 'delta');
      const text = stringIn(delta, 'content_delta') ?? '';
      if (delta?.['part_delta_kind'] === 'text') answer.text(text, parts);
      else if (delta?.['part_delta_kind'] === 'thinking') answer.reasoning(text, parts);
      else answer.addArguments(key, toJson(delta?.['args_delta']));
      break;
    }
    // An output tool's call is the answer itself.
    case 'final_result':
      if (typeof event['tool_call_id'] === 'string') answer.begin();
      break;
    case 'function_tool_result':
    case 'output_tool_result':
      // What the run leaves to the caller its result names.
      answer.begin();
      break;
    case 'agent_run_result':
      readResult(objectIn(event, 'result') ?? {}, answer);
      break;
  }
}

function readPart(key: string, part: JsonValue | undefined, answer: Answer): void {
  const content = stringIn(part, 'content') ?? '';
  switch (part?.['part_kind']) {
    case 'text':
      return answer.text(content, parts);
    case 'thinking':
      return answer.reasoning(content, parts);
    case 'tool-call':
      answer.beginCall(key, stringIn(part, 'tool_call_id') ?? key, stringIn(part, 'tool_name') ?? '');
      return answer.addArguments(key, toJson(part['args']));
  }
}

function readCall(part: JsonValue, answer: Answer): void {
  const [id, name] = [stringIn(part, 'tool_call_id') ?? '', stringIn(part, 'tool_name') ?? ''];
  answer.call({ id, name, arguments: toJson(part['args']) });
}

function readResult(result: JsonValue, answer: Answer): void {
  const { output } = result;
  // The run left tools to the caller.
  if (objectIn(output, 'approvals')) return listIn(output, 'calls').forEach((part) => readCall(part, answer));
  answer.result({ text: typeof output === 'string' ? output : toJson(output), reasoning: '', calls: [] });
  answer.totalUsage(toUsage(objectIn(result, 'usage') ?? objectIn(objectIn(result, '_state'), 'usage')));
}

/** A request holds what goes to the model: the user's words and the results of tools. */
function readMessage(message: JsonValue, answer: Answer): void {
  const list = listIn(message, 'parts');
  if (message['kind'] === 'request') {
    for (const part of list) answer.dropCall(stringIn(part, 'tool_call_id') ?? '');
    return;
  }
  list.forEach((part, index) => readPart(String(index), part, answer));
  answer.usage(toUsage(objectIn(message, 'usage')), response);
  answer.endMessage(stringIn(message, 'finish_reason'));
  answer.closeMessage();
}

function toJson(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
