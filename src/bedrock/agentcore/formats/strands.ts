import { BadGatewayError } from '../../../errors.ts';
import type { Answer, Channel } from '../answer.ts';
import { readContent, toUsage } from './content.ts';
import { type Format, type JsonValue, objectIn, stringIn } from './format.ts';

/** Strands tells every piece on up to four channels; Converse events, where they come, come first. */
const data: Channel = { family: 'strands', name: 'data' };

/** Events about the loop, not of the answer. */
const lifecycle = [
  'init_event_loop',
  'start',
  'start_event_loop',
  'event_loop_throttled_delay',
  'reasoning_signature',
  'current_tool_use',
  'tool_cancel_event',
  'tool_interrupt_event',
];

/** The events of a Strands agent in Python, its graphs and swarms included, as the agent's loop yields them. */
export const readStrands: Format = (value, answer, read) => {
  const type = stringIn(value, 'type');
  if (type?.startsWith('multiagent_')) {
    if (objectIn(value, 'event')) read(value['event']);
    return true;
  }
  // What a tool or an agent within a tool says is for the agent.
  if (type === 'tool_stream' || type === 'tool_use_stream' || type === 'tool_result') return true;
  if (typeof value['data'] === 'string' && value['event'] === undefined)
    return (answer.text(value['data'], data), true);
  if (typeof value['reasoningText'] === 'string') return (answer.reasoning(value['reasoningText'], data), true);
  if (value['force_stop'] === true) {
    answer.fail(new BadGatewayError(stringIn(value, 'force_stop_reason') ?? 'The agent was stopped.'));
    return true;
  }
  const message = objectIn(value, 'message');
  if (message && typeof message['role'] === 'string') return (readMessage(message, answer), true);
  return lifecycle.some((name) => name in value);
};

function readMessage(message: JsonValue, answer: Answer): void {
  // The loop hands tool results to the model as a message of the user.
  if (message['role'] !== 'assistant') return answer.begin();
  const content = readContent(message['content']);
  answer.message(content?.text ?? '');
  answer.usage(toUsage(objectIn(objectIn(message, 'metadata'), 'usage')), data);
}
