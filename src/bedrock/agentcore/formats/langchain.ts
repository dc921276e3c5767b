import type { ToolCall } from '../../../agent.ts';
import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readBlocks, readContent, toUsage } from './content.ts';
import { isObject, type JsonValue, keyIn, listIn, objectIn, stringIn } from './format.ts';

type Kind = 'ai' | 'human' | 'tool' | 'other';

/** A message of LangChain, whichever way it was made JSON. */
export interface LangchainMessage {
  readonly kind: Kind;
  /** Whether it is a piece of one. */
  readonly isChunk: boolean;
  readonly fields: JsonValue;
}

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['ai', 'ai'],
  ['human', 'human'],
  ['tool', 'tool'],
  ['function', 'tool'],
  ['system', 'other'],
  ['developer', 'other'],
  ['chat', 'other'],
  ['remove', 'other'],
]);

/** OpenAI's names of them. */
const roles: ReadonlyMap<string, Kind> = new Map([
  ['assistant', 'ai'],
  ['user', 'human'],
  ['tool', 'tool'],
]);

/** Reads `model_dump()`, `message_to_dict()` and the `lc` form of JavaScript; `undefined` when a value is no message. */
export function toMessage(value: unknown): LangchainMessage | undefined {
  if (!isObject(value)) return undefined;
  if (value['lc'] === 1 && value['type'] === 'constructor') {
    const { id } = value;
    const name: unknown = Array.isArray(id) ? id.at(-1) : undefined;
    return toTyped(name, objectIn(value, 'kwargs'));
  }
  const data = objectIn(value, 'data');
  return toTyped(value['type'], data && !('content' in value) ? data : value);
}

function toTyped(type: unknown, fields: JsonValue | undefined): LangchainMessage | undefined {
  if (typeof type !== 'string' || !fields || !('content' in fields)) return undefined;
  const name = type.replace(/Message(Chunk)?$/, '');
  const kind = kinds.get(name === type ? name : name.toLowerCase());
  return kind && { kind, isChunk: type.endsWith('Chunk'), fields };
}

/** As graphs hold them, too, that were given OpenAI's messages. */
export function toListed(value: unknown): LangchainMessage | undefined {
  const role = stringIn(value, 'role');
  if (role === undefined || !isObject(value)) return toMessage(value);
  return toTyped(roles.get(role) ?? 'system', value);
}

/** Tells a message on a channel; another id stands in where it has none of its own. */
export function readMessage(message: LangchainMessage, channel: Channel, answer: Answer, standIn?: string): void {
  const { kind, isChunk, fields } = message;
  if (kind === 'tool') readResult(stringIn(fields, 'tool_call_id') ?? '', answer);
  if (kind !== 'ai' || !answer.hears(channel)) return;
  const content = readContent(fields['content']);
  const text = content?.text ?? '';
  const reasoning = content?.reasoning || (stringIn(objectIn(fields, 'additional_kwargs'), 'reasoning_content') ?? '');
  const pieces = isChunk ? listIn(fields, 'tool_call_chunks') : [];
  const calls = isChunk ? [] : listIn(fields, 'tool_calls').map(toCall);
  const isSilent = text === '' && reasoning === '' && pieces.length === 0 && calls.length === 0;
  const id = stringIn(fields, 'id') ?? standIn;
  // Graphs repeat their whole messages.
  if (!isChunk && !isSilent && id !== undefined && answer.knows(id)) return;
  // A chunk that says nothing may have an id of its own.
  if (!isSilent && id !== undefined) answer.within(id);
  if (isChunk) {
    answer.reasoning(reasoning);
    answer.text(text);
    pieces.forEach((piece) => readCallPiece(piece, answer));
  } else if (!isSilent) {
    answer.message({ text, reasoning, calls });
  }
  readMetadata(fields, answer);
}

/** What a tool gave sets messages apart that have no ids; graphs repeat it, too. */
function readResult(callId: string, answer: Answer): void {
  answer.dropCall(callId);
  if (!answer.knows(`result ${callId}`)) answer.closeMessage();
}

function readCallPiece(piece: JsonValue, answer: Answer): void {
  const key = keyIn(piece, 'index');
  const [id, name] = [stringIn(piece, 'id'), stringIn(piece, 'name')];
  if (id && name) answer.beginCall(key, id, name);
  answer.addArguments(key, stringIn(piece, 'args') ?? '');
}

function toCall(call: JsonValue): ToolCall {
  // Where a graph was given OpenAI's messages, a call is OpenAI's too.
  const called = objectIn(call, 'function') ?? call;
  const { args, arguments: written } = called;
  const name = stringIn(called, 'name') ?? '';
  const input = typeof written === 'string' ? written : JSON.stringify(args ?? {});
  return { id: stringIn(call, 'id') ?? name, name, arguments: input };
}

/** What a tool returns is a bare string where only contents are told. */
const blocks: Channel = { family: 'content', name: 'blocks' };

/** The blocks of a chunk, told without their message; false when a list holds anything else. */
export function readPieces(list: readonly unknown[], answer: Answer): boolean {
  const pieces = list.filter(isObject);
  const isContent = pieces.every((piece) => typeof piece['type'] === 'string' && 'index' in piece);
  if (pieces.length === 0 || pieces.length < list.length || !isContent) return false;
  const { text, reasoning } = readBlocks(pieces);
  answer.reasoning(reasoning);
  answer.text(text);
  for (const piece of pieces) {
    if (piece['type'] !== 'tool_use') continue;
    // An empty object only holds the place of what follows.
    const input = JSON.stringify(piece['input'] ?? {}).replace(/^\{\}$/, '');
    readCallPiece({ ...piece, args: stringIn(piece, 'input') ?? input }, answer);
    answer.speaksOn(blocks);
  }
  return true;
}

const stops = ['finish_reason', 'stopReason', 'stop_reason', 'finishReason', 'done_reason'];

function readMetadata(fields: JsonValue, answer: Answer): void {
  const metadata = objectIn(fields, 'response_metadata');
  const usage = objectIn(fields, 'usage_metadata') ?? objectIn(metadata, 'token_usage') ?? objectIn(metadata, 'usage');
  answer.usage(toUsage(usage));
  answer.endMessage(stops.map((name) => stringIn(metadata, name)).find((stop) => stop));
}
