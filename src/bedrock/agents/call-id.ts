import { crc32 } from 'node:zlib';
import { BadRequestError } from '../../errors.ts';

/** Everything that AWS wants to hear again when a returned action is answered. */
export interface ReturnedAction {
  readonly sessionId: string;
  readonly invocationId: string;
  /** Its place among the actions of the invocation: an agent may ask for the same one twice. */
  readonly index: number;
  /** How many there are: they are answered together. */
  readonly count: number;
  readonly actionGroup: string;
  /** The agent that was asked. */
  readonly agentId: string;
  /** Its collaborator, where the action is one of a collaborator's. */
  readonly collaboratorId?: string;
  readonly confirmation?: Confirmation;
  readonly target: FunctionTarget | ApiTarget;
}

export interface FunctionTarget {
  readonly type: 'function';
  readonly name: string;
}

export interface ApiTarget {
  readonly type: 'api';
  readonly path: string;
  readonly verb: string;
}

/** What the user has to confirm: that the agent runs the action, or that the caller did. */
export type Confirmation = 'USER_CONFIRMATION' | 'USER_CONFIRMATION_AND_RESULT';

/** Names the form of an id; another form gets another name. */
const version = 'rc1_';
const checksumLength = 8;

const confirmations: readonly (Confirmation | undefined)[] = [
  undefined,
  'USER_CONFIRMATION',
  'USER_CONFIRMATION_AND_RESULT',
];

/** The id of a tool call: it carries what is needed to answer, so that nobody has to remember it. */
export function toCallId(action: ReturnedAction): string {
  const { sessionId, invocationId, index, count, actionGroup, agentId, collaboratorId, confirmation, target } = action;
  const place = target.type === 'function' ? [target.name] : [target.path, target.verb];
  const values = [
    sessionId,
    invocationId,
    index,
    count,
    confirmations.indexOf(confirmation),
    actionGroup,
    agentId,
    collaboratorId ?? '',
    ...place,
  ];
  const text = Buffer.from(JSON.stringify(values)).toString('base64url');
  return `${version}${text}${toChecksum(text)}`;
}

/** Whether an id was made here, be it damaged. */
export function isCallId(id: string): boolean {
  return id.startsWith(version);
}

/** The session of the call; `undefined` for an id that `parseCallId` refuses. */
export function readSessionId(id: string): string | undefined {
  try {
    return parseCallId(id).sessionId;
  } catch {
    return undefined;
  }
}

/** Reads an id back; throws a `BadRequestError` for one that was made elsewhere or was changed on its way. */
export function parseCallId(id: string): ReturnedAction {
  if (!isCallId(id)) throw invalid('is not one that a Bedrock agent gave');
  const text = id.slice(version.length, -checksumLength);
  if (toChecksum(text) !== id.slice(-checksumLength)) throw invalid('was changed on its way');
  const values = parseValues(Buffer.from(text, 'base64url').toString('utf8'));
  // The checksum tells damage, not forgery.
  if (!values) throw invalid('was changed on its way');
  const [sessionId, invocationId, index, count, confirmation, actionGroup, agentId, collaboratorId, name, verb] =
    values;
  const kind = confirmations[confirmation];
  return {
    sessionId,
    invocationId,
    index,
    count,
    actionGroup,
    agentId,
    ...(collaboratorId !== '' && { collaboratorId }),
    ...(kind && { confirmation: kind }),
    target: verb === undefined ? { type: 'function', name } : { type: 'api', path: name, verb },
  };
}

type Values = readonly [string, string, number, number, number, string, string, string, string, string?];

function parseValues(text: string): Values | undefined {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || (values.length !== 9 && values.length !== 10)) return undefined;
  const fits = values.every((value, at) => typeof value === (at >= 2 && at <= 4 ? 'number' : 'string'));
  return fits ? (values as unknown as Values) : undefined;
}

function toChecksum(text: string): string {
  return crc32(text).toString(16).padStart(checksumLength, '0');
}

function invalid(why: string): BadRequestError {
  return new BadRequestError(
    `tool_call_id: this id ${why}; send back the assistant message with its \`tool_calls\` as it came.`,
    { param: 'tool_call_id' },
  );
}
