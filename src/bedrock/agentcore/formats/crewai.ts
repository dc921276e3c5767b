import type { Answer } from '../answer.ts';
import { toUsage } from './content.ts';
import { toAgentError } from './error.ts';
import { type Format, type JsonValue, keyIn, objectIn, stringIn } from './format.ts';

/**
 * CrewAI: the output of a crew, a task or an agent, the chunks of a streamed kickoff, and events of its bus.
 * https://docs.crewai.com/en/concepts/crews#crew-output
 */
export const crewai: Format = {
  name: 'crewai',
  fields: ['type', 'chunk_type', 'raw'],
  read(value, answer) {
    if (isOutput(value)) {
      readOutput(value, answer);
      return true;
    }
    const chunk = stringIn(value, 'chunk_type');
    if (chunk === undefined || !('agent_role' in value)) return readBusEvent(value, answer);
    // Its tools are the crew's.
    if (chunk !== 'text') return true;
    // Each task is answered in a message of its own.
    answer.within(`${keyIn(value, 'task_index')} ${stringIn(value, 'task_id') ?? ''}`);
    answer.text(stringIn(value, 'content') ?? '');
    return true;
  },
};

function isOutput(value: JsonValue): boolean {
  return (
    stringIn(value, 'raw') !== undefined &&
    ['tasks_output', 'pydantic', 'json_dict', 'agent_role'].some((name) => name in value)
  );
}

function readOutput(output: JsonValue, answer: Answer): void {
  const content = { text: stringIn(output, 'raw') ?? '', reasoning: '', calls: [] };
  // A crew's output repeats that of its last task.
  if ('description' in output) answer.message(content);
  else answer.result(content);
  answer.totalUsage(toUsage(objectIn(output, 'token_usage') ?? objectIn(output, 'usage_metrics')));
}

function readBusEvent(event: JsonValue, answer: Answer): boolean {
  const type = stringIn(event, 'type');
  if (type === undefined) return false;
  switch (type) {
    case 'llm_stream_chunk':
      if (!objectIn(event, 'tool_call')) answer.text(stringIn(event, 'chunk') ?? '');
      return true;
    case 'crew_kickoff_completed':
      readOutput(objectIn(event, 'output') ?? { raw: event['output'] }, answer);
      return true;
    case 'crew_kickoff_failed':
      answer.fail(toAgentError(event));
      return true;
    default:
      // What failed beside the crew, an agent tries again.
      return /^(crew|task|agent|llm|tool)_(\w+_)?(started|completed|finished|error|failed)$/.test(type);
  }
}
