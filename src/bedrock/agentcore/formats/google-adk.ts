import { toFinishReason } from '../finish.ts';
import type { Answer } from '../answer.ts';
import { readBlocks, toUsage } from './content.ts';
import { toAgentError } from './error.ts';
import { type Format, isObject, type JsonValue, listIn, objectIn, stringIn } from './format.ts';

/**
 * The events of Google's Agent Development Kit, in the spelling of Python or of JSON; one, or a list of them.
 * https://google.github.io/adk-docs/events/
 */
export const googleAdk: Format = {
  name: 'google-adk',
  fields: ['author', 'content'],
  read(value, answer) {
    if (Array.isArray(value)) {
      const events = value.filter(isObject);
      if (events.length === 0 || !events.every(isEvent)) return false;
      for (const event of events) readEvent(event, answer);
      return true;
    }
    if (!isEvent(value)) return false;
    readEvent(value, answer);
    return true;
  },
};

function isEvent(value: JsonValue): boolean {
  const isAdk = typeof value['author'] === 'string' && either(value, 'invocation_id', 'invocationId') !== undefined;
  return isAdk || Array.isArray(objectIn(value, 'content')?.['parts']);
}

function either(value: JsonValue, snake: string, camel: string): unknown {
  return value[snake] ?? value[camel] ?? undefined;
}

function readEvent(event: JsonValue, answer: Answer): void {
  const content = objectIn(event, 'content');
  const parts = listIn(content, 'parts');
  for (const part of parts) {
    const result = objectIn(part, 'functionResponse') ?? objectIn(part, 'function_response');
    if (result) answer.dropCall(stringIn(result, 'id') ?? stringIn(result, 'name') ?? '');
  }
  if (event['author'] === 'user' || content?.['role'] === 'user') return;
  // Agents that run side by side take turns with their pieces.
  answer.at(stringIn(event, 'branch') ?? stringIn(event, 'author') ?? '');
  const said = readBlocks(parts);
  if (event['partial'] === true) {
    // The whole follows, and tells the calls and the usage.
    if (said.text !== '' || said.reasoning !== '') answer.openMessage();
    answer.reasoning(said.reasoning);
    answer.text(said.text);
    return;
  }
  answer.message(said);
  answer.usage(toUsage(objectIn(event, 'usage_metadata') ?? objectIn(event, 'usageMetadata')));
  readEnd(event, answer);
}

/** ADK gives a model's reason to stop as an error, too: a limit that was reached, or a filter, is none to us. */
function readEnd(event: JsonValue, answer: Answer): void {
  const code = either(event, 'error_code', 'errorCode');
  const words = either(event, 'error_message', 'errorMessage');
  const reason = either(event, 'finish_reason', 'finishReason') ?? code;
  const isReason = typeof reason === 'string' && (reason !== code || toFinishReason(reason) !== 'stop');
  answer.endMessage(isReason ? reason : undefined);
  if (code === undefined && words === undefined) return;
  if (isReason && toFinishReason(reason) !== 'stop') return;
  answer.fail(toAgentError({ error: words ?? code, error_type: code }));
}
