import { BadGatewayError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readContent, toUsage } from './content.ts';
import { toAgentError } from './error.ts';
import { type Format, type JsonValue, listIn, objectIn, stringIn } from './format.ts';

/** Everything is told up to three times: in pieces, with the whole response, and by the SDK as an item of the run. */
const delta: Channel = { family: 'openai-responses', name: 'delta' };
const done: Channel = { family: 'openai-responses', name: 'done' };
const item: Channel = { family: 'openai-responses', name: 'item' };

/**
 * OpenAI's Responses API and its Agents SDK: in Python the API's events and `run_item_stream_event`, in TypeScript the
 * SDK's own `output_text_delta` and `response_done`, and results.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export const openaiResponses: Format = {
  name: 'openai-responses',
  fields: ['type', 'object', 'state', 'call_id', 'callId'],
  read(value, answer) {
    if (value['object'] === 'response' && Array.isArray(value['output'])) return readResponse(value, answer);
    const state = objectIn(value, 'state');
    if (state && Array.isArray(state['modelResponses'])) return readRun(state, answer);
    const type = stringIn(value, 'type') ?? '';
    if (type.startsWith('response.')) return readEvent(type, value, answer);
    return readSdkEvent(type, value, answer);
  },
};

function readSdkEvent(type: string, value: JsonValue, answer: Answer): boolean {
  const inner = objectIn(value, 'data') ?? objectIn(value, 'event');
  switch (type) {
    case 'raw_response_event':
    case 'raw_model_stream_event':
      return inner !== undefined && openaiResponses.read(inner, answer, () => false);
    case 'model':
      // The SDK tells all but thoughts in its own events, too.
      if (stringIn(inner, 'type')?.startsWith('response.reasoning'))
        openaiResponses.read(inner ?? {}, answer, () => false);
      return inner !== undefined;
    case 'response_started':
      answer.beginMessage();
      return true;
    case 'output_text_delta':
      answer.text(stringIn(value, 'delta') ?? '', delta);
      return true;
    case 'response_done':
      return readResponse(objectIn(value, 'response') ?? {}, answer);
    case 'run_item_stream_event': {
      const raw = objectIn(objectIn(value, 'item'), 'rawItem') ?? objectIn(objectIn(value, 'item'), 'raw_item');
      if (raw) readItem(raw, answer, item);
      return true;
    }
    case 'agent_updated_stream_event':
    case 'tool_progress_stream_event':
      return true;
    default:
      return ('call_id' in value || 'callId' in value) && readItem(value, answer, item);
  }
}

function readEvent(type: string, event: JsonValue, answer: Answer): boolean {
  const response = objectIn(event, 'response') ?? {};
  switch (type) {
    case 'response.created':
      answer.beginMessage();
      break;
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      answer.text(stringIn(event, 'delta') ?? '', delta);
      break;
    case 'response.reasoning_text.delta':
    case 'response.reasoning_summary_text.delta':
      answer.reasoning(stringIn(event, 'delta') ?? '', { ...delta, name: type });
      break;
    case 'response.output_item.added':
      if (objectIn(event, 'item')?.['type'] === 'message') answer.setOff();
      break;
    case 'response.output_item.done':
      // Its text was told, and only if none was the response tells it.
      if (objectIn(event, 'item')?.['type'] === 'function_call') readItem(objectIn(event, 'item') ?? {}, answer, done);
      break;
    case 'response.completed':
    case 'response.incomplete':
      readResponse(response, answer);
      break;
    case 'response.failed':
      answer.fail(toAgentError(response['error'] ? response : { error: 'The model failed to respond.' }));
      break;
  }
  return true;
}

function readResponse(response: JsonValue, answer: Answer): boolean {
  if (response['status'] === 'failed') throw new BadGatewayError('The model failed to respond.');
  for (const each of listIn(response, 'output')) readItem(each, answer, done);
  answer.usage(toUsage(objectIn(response, 'usage')));
  answer.endMessage(stringIn(objectIn(response, 'incomplete_details'), 'reason') ?? stringIn(response, 'status'));
  answer.closeMessage();
  return true;
}

/** An item that the model put out, or the result of a tool. */
function readItem(raw: JsonValue, answer: Answer, channel: Channel): boolean {
  const type = stringIn(raw, 'type') ?? (raw['role'] === 'assistant' ? 'message' : '');
  switch (type) {
    case 'message': {
      if (raw['role'] !== 'assistant') return true;
      answer.setOff();
      answer.text(readContent(raw['content'])?.text ?? '', channel);
      if (channel === item) answer.closeMessage();
      return true;
    }
    case 'reasoning':
      answer.reasoning(readContent([raw])?.reasoning ?? '', channel);
      return true;
    case 'function_call':
      for (const call of readContent([raw])?.calls ?? []) answer.call(call);
      return true;
    case 'function_call_output':
    case 'function_call_result':
      answer.dropCall(stringIn(raw, 'call_id') ?? stringIn(raw, 'callId') ?? '');
      return true;
    default:
      return false;
  }
}

/** The TypeScript SDK's result as a whole. */
function readRun(state: JsonValue, answer: Answer): boolean {
  const output = objectIn(state, 'currentStep')?.['output'];
  const responses = listIn(state, 'modelResponses');
  for (const response of responses) answer.usage(toUsage(objectIn(response, 'usage')), { ...delta, name: 'run' });
  if (typeof output === 'string') answer.result({ text: output, reasoning: '', calls: [] });
  else for (const each of responses.slice(-1)) readResponse({ ...each, usage: undefined }, answer);
  return true;
}
