import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readStreamEvent } from './anthropic.ts';
import { readBlocks, readContent, toUsage } from './content.ts';
import { toAgentError } from './error.ts';
import { type Format, isObject, type JsonValue, keyIn, listIn, objectIn, stringIn } from './format.ts';

/** Whole blocks, each in a message of its own; their pieces may have been heard. */
const blocks: Channel = { family: 'anthropic', name: 'blocks' };

const types = ['assistant', 'user', 'system', 'result', 'stream_event', 'rate_limit_event', 'tool_progress'];

/**
 * The messages of the Claude Agent SDK: in Python dataclasses without a type, in TypeScript and on the command line the
 * same under one. https://docs.claude.com/en/api/agent-sdk/python#message-types
 */
export const claudeSdk: Format = {
  name: 'claude-sdk',
  fields: ['type', 'subtype', 'session_id', 'content'],
  read(value, answer) {
    if ('type' in value ? !isTyped(value) : !isDataclass(value)) return false;
    // What an agent within a tool says is for the agent.
    if (typeof value['parent_tool_use_id'] === 'string') return true;
    // A result follows in the end.
    if (value['subtype'] === 'init') answer.beginRun();
    const event = objectIn(value, 'event');
    if (event) readStreamEvent(event, answer);
    else if (typeof value['is_error'] === 'boolean') readResult(value, answer);
    else readMessage(value, answer);
    return true;
  },
};

function isTyped(value: JsonValue): boolean {
  return (
    types.includes(keyIn(value, 'type')) &&
    ['session_id', 'parent_tool_use_id', 'subtype'].some((name) => name in value)
  );
}

function isDataclass(value: JsonValue): boolean {
  const { subtype, content, session_id: session } = value;
  if (typeof subtype === 'string') return typeof value['is_error'] === 'boolean' || isObject(value['data']);
  if (typeof session === 'string' && (objectIn(value, 'event') || objectIn(value, 'rate_limit_info'))) return true;
  if (content !== undefined && 'parent_tool_use_id' in value) return true;
  return Array.isArray(content) && content.length > 0 && content.every(isBlock);
}

/** A block that only this SDK writes: without a type. */
function isBlock(block: unknown): boolean {
  if (!isObject(block) || 'type' in block) return false;
  return 'tool_use_id' in block || isCall(block) || ('thinking' in block && 'signature' in block);
}

function isCall(block: JsonValue): boolean {
  return !('type' in block) && 'id' in block && 'name' in block && 'input' in block;
}

function readMessage(value: JsonValue, answer: Answer): void {
  const message = objectIn(value, 'message') ?? value;
  const content = listIn(message, 'content');
  const results = content.flatMap((block) => stringIn(block, 'tool_use_id') ?? []);
  for (const id of results) answer.dropCall(id);
  const isAssistant =
    value['type'] === 'assistant' || 'model' in message || !('parent_tool_use_id' in value || results.length > 0);
  if (!isAssistant) return answer.begin();
  const said = readBlocks(content.map((block) => (isCall(block) ? { ...block, type: 'tool_use' } : block)));
  const error = stringIn(value, 'error');
  if (error !== undefined) return answer.fail(toAgentError({ error: said.text || error, error_type: error }));
  const id = stringIn(message, 'id') ?? stringIn(value, 'message_id');
  // Old versions give their messages no ids: only the results of tools set them apart.
  if (id !== undefined) answer.within(id);
  answer.reasoning(said.reasoning, blocks);
  answer.text(said.text, blocks);
  for (const call of said.calls) answer.call(call);
  answer.endMessage(stringIn(message, 'stop_reason'));
}

function readResult(value: JsonValue, answer: Answer): void {
  const { subtype, errors } = value;
  if (value['is_error'] === true) {
    const words =
      stringIn(value, 'result') ??
      (Array.isArray(errors) ? errors.filter((each) => typeof each === 'string').join('; ') : undefined);
    const details = { error_type: subtype, status_code: value['api_error_status'] };
    return answer.fail(toAgentError({ error: words ?? subtype, ...details }));
  }
  const result = stringIn(value, 'result') ?? toJson(value['structured_output']);
  if (result !== undefined) answer.result({ text: result, reasoning: '', calls: [] });
  answer.totalUsage(toUsage(objectIn(value, 'usage')));
  answer.endMessage(undefined);
  answer.endRun(stringIn(value, 'stop_reason') ?? stringIn(value, 'subtype'));
  // The agent ran all tools but the one that it left to the caller.
  answer.begin();
  const deferred = objectIn(value, 'deferred_tool_use');
  if (deferred) for (const call of readContent([{ ...deferred, type: 'tool_use' }])?.calls ?? []) answer.call(call);
}

function toJson(value: unknown): string | undefined {
  return isObject(value) ? JSON.stringify(value) : undefined;
}
