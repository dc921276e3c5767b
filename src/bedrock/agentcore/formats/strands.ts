import { BadGatewayError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readContent, toUsage } from './content.ts';
import { converse } from './converse.ts';
import { type Format, type JsonValue, objectIn, stringIn } from './format.ts';
import { isRepr, readRepr } from './repr.ts';

/** Strands tells every piece on up to four channels; Converse events, where they come, come first. */
const data: Channel = { family: 'strands', name: 'data' };

/** The events of a Strands agent in Python, its graphs and swarms included, as the agent's loop yields them. */
export const strands: Format = {
  name: 'strands',
  read(value, answer, read) {
    const type = stringIn(value, 'type');
    if (converse.read(value, answer, read)) return true;
    if (type?.startsWith('multiagent_')) {
      answer.at(stringIn(value, 'node_id') ?? '');
      if (type === 'multiagent_node_start') answer.begin();
      const event = objectIn(value, 'event');
      const result = stringIn(value, 'node_result') ?? '';
      if (event) read(event);
      // An agent that streams nothing of its nodes tells what came of them.
      else if (isRepr(result)) readRepr(result, answer, read);
      return true;
    }
    // What a tool or an agent within a tool says is for the agent.
    if (type === 'tool_stream' || type === 'tool_use_stream' || type === 'tool_result') return true;
    if (type !== undefined) return false;
    if (typeof value['data'] === 'string' && value['event'] === undefined) {
      answer.text(value['data'], data);
      return true;
    }
    if (typeof value['reasoningText'] === 'string') {
      answer.reasoning(value['reasoningText'], data);
      return true;
    }
    if (value['force_stop'] === true) {
      answer.fail(new BadGatewayError(stringIn(value, 'force_stop_reason') ?? 'The agent was stopped.'));
      return true;
    }
    const result = objectIn(value, 'result');
    if (result && isResult(result)) {
      readResult(result, answer);
      return true;
    }
    const message = objectIn(value, 'message');
    if (message && typeof message['role'] === 'string') {
      if (isResult(value)) readResult(value, answer);
      else readMessage(message, answer);
      return true;
    }
    if (objectIn(value, 'structured_output')) {
      answer.lastResort(JSON.stringify(value['structured_output']));
      return true;
    }
    if (value['start_event_loop'] === true) answer.begin();
    return isAboutTheLoop(value);
  },
};

function readMessage(message: JsonValue, answer: Answer): void {
  // The loop hands tool results to the model as a message of the user.
  if (message['role'] !== 'assistant') return answer.begin();
  const content = readContent(message['content']);
  if (content) answer.message(content);
  answer.usage(toUsage(objectIn(objectIn(message, 'metadata'), 'usage')), data);
}

/** An `AgentResult`: the last message, and what became of the run. */
function isResult(value: JsonValue): boolean {
  return stringIn(value, 'stop_reason') !== undefined && stringIn(objectIn(value, 'message'), 'role') !== undefined;
}

function readResult(result: JsonValue, answer: Answer): void {
  const message = objectIn(result, 'message');
  const content = readContent(message?.['content']);
  if (content) answer.result(content);
  const reason = stringIn(result, 'stop_reason');
  // It waits for somebody, and a call that waits with it is nobody's to run.
  if (reason === 'interrupt') answer.dropCalls();
  const whole = objectIn(objectIn(result, 'metrics'), 'accumulated_usage');
  answer.lastUsage(toUsage(whole ?? objectIn(objectIn(message, 'metadata'), 'usage')));
  answer.endMessage(reason);
}

const flags = ['init_event_loop', 'start', 'start_event_loop', 'complete'];
const records = ['current_tool_use', 'tool_cancel_event', 'tool_interrupt_event', 'tool_stream_event'];

/** Events of the loop and of tools, which are no part of an answer; an answer of no family may have names like these. */
function isAboutTheLoop(value: JsonValue): boolean {
  return (
    (flags.some((name) => value[name] === true) && !('response' in value || 'result' in value)) ||
    records.some((name) => objectIn(value, name)) ||
    typeof value['event_loop_throttled_delay'] === 'number' ||
    typeof value['reasoning_signature'] === 'string' ||
    (typeof value['toolUseId'] === 'string' && 'input' in value)
  );
}
