import { crc32 } from 'node:zlib';
import type { AgentEvent, Tool } from '../../agent.ts';
import { BadGatewayError } from '../../errors.ts';
import { checkShape, type Shape } from '../shape.ts';
import { type ApiTarget, type Confirmation, type FunctionTarget, toCallId } from './call-id.ts';

/** A `returnControl` event, as the wire has it. */
export interface ReturnControl {
  readonly invocationId?: string;
  readonly invocationInputs?: readonly {
    readonly functionInvocationInput?: Invocation & { readonly function?: string };
    readonly apiInvocationInput?: Invocation & {
      readonly apiPath?: string;
      readonly httpMethod?: string;
      readonly requestBody?: {
        readonly content?: Readonly<Record<string, { readonly properties?: readonly Parameter[] | null }>>;
      };
    };
  }[];
}

interface Invocation {
  readonly actionGroup?: string;
  readonly agentId?: string;
  readonly collaboratorName?: string;
  readonly actionInvocationType?: string;
  readonly parameters?: readonly Parameter[] | null;
}

interface Parameter {
  readonly name?: string;
  readonly type?: string;
  readonly value?: unknown;
}

const parameters: Shape = [{ name: 'string', type: 'string' }];
const invocation: Shape = {
  actionGroup: 'string',
  agentId: 'string',
  collaboratorName: 'string',
  actionInvocationType: 'string',
  parameters,
};
const shape: Shape = {
  invocationId: 'string',
  invocationInputs: [
    {
      functionInvocationInput: { ...invocation, function: 'string' },
      apiInvocationInput: {
        ...invocation,
        apiPath: 'string',
        httpMethod: 'string',
        requestBody: { content: { '*': { properties: parameters } } },
      },
    },
  ],
};

/** Who was asked, in which conversation, and what the caller says it can run. */
export interface Asked {
  readonly sessionId: string;
  readonly agentId: string;
  readonly tools: readonly Tool[];
}

/** Actions that the agent leaves to the caller → one tool call each. */
export function readReturnControl(event: ReturnControl, asked: Asked): readonly AgentEvent[] {
  checkShape(event, shape);
  const { invocationId, invocationInputs } = event;
  const inputs = invocationInputs ?? [];
  if (!invocationId || inputs.length === 0) throw unreadable('named no invocation, or no action to run');
  return inputs.map(({ functionInvocationInput, apiInvocationInput }, index) => {
    const input = functionInvocationInput ?? apiInvocationInput;
    // All are answered together, so one that is left out would leave the agent waiting.
    if (!input) throw unreadable('asked for an action that is neither of a function nor of an API schema');
    const target: FunctionTarget | ApiTarget = apiInvocationInput
      ? { type: 'api', path: apiInvocationInput.apiPath ?? '', verb: apiInvocationInput.httpMethod ?? '' }
      : { type: 'function', name: functionInvocationInput?.function ?? '' };
    const { actionGroup = '', agentId, collaboratorName, actionInvocationType: kind, parameters } = input;
    const bodies = Object.values(apiInvocationInput?.requestBody?.content ?? {});
    const isForeign = agentId !== undefined && agentId !== asked.agentId;
    const id = toCallId({
      sessionId: asked.sessionId,
      invocationId,
      index,
      count: inputs.length,
      actionGroup,
      agentId: asked.agentId,
      ...(isForeign && { collaboratorId: agentId }),
      ...(isConfirmation(kind) && { confirmation: kind }),
      target,
    });
    const details = {
      action_group: actionGroup,
      ...(kind !== undefined && { action_invocation_type: kind }),
      ...(isForeign && { agent_id: agentId }),
      ...(collaboratorName !== undefined && { collaborator_name: collaboratorName }),
    };
    const body = bodies.flatMap(({ properties }) => properties ?? []);
    const json = toArguments(parameters ?? [], body);
    return { type: 'tool-call', id, name: toToolName(actionGroup, target, asked.tools), arguments: json, details };
  });
}

function unreadable(what: string): BadGatewayError {
  return new BadGatewayError(`The agent returned control and ${what}.`);
}

function isConfirmation(kind: string | undefined): kind is Confirmation {
  return kind === 'USER_CONFIRMATION' || kind === 'USER_CONFIRMATION_AND_RESULT';
}

/** The name of the caller's own tool for an action, or else one that an OpenAI tool may have. */
function toToolName(actionGroup: string, target: FunctionTarget | ApiTarget, tools: readonly Tool[]): string {
  const names = target.type === 'function' ? [target.name] : [`${target.verb} ${target.path}`, target.path];
  // The closest first: where two groups or verbs share a name, the caller's tools tell them apart.
  const candidates = [...names.map((name) => `${actionGroup} ${name}`), ...names];
  const [declared] = candidates.flatMap((name) => findTools(name, tools));
  const name = target.type === 'function' ? target.name : `${target.verb.toLowerCase()} ${target.path}`;
  return declared?.name ?? toLegal(name || actionGroup);
}

/** Tools of this name, the one that is spelt like it first. */
function findTools(name: string, tools: readonly Tool[]): readonly Tool[] {
  const key = toKey(name);
  const alike = key === '' ? [] : tools.filter((tool) => toKey(tool.name) === key);
  return [...tools.filter((tool) => tool.name === name), ...alike];
}

/** Two names are one if only case and punctuation tell them apart. */
function toKey(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '');
}

/**
 * https://platform.openai.com/docs/api-reference/chat/create: letters, digits, `_` and `-`, at most 64. A name that
 * loses letters gets a number made of all of them, so that two actions never share one.
 */
function toLegal(name: string): string {
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return name;
  const legal = name.replaceAll(/[^a-zA-Z0-9_-]+/g, '_').replaceAll(/^_+|_+$/g, '');
  if (legal !== '' && legal.length <= 64 && !/[^\x20-\x7e]/.test(name)) return legal;
  return `${legal.slice(0, 55) || 'action'}_${crc32(name).toString(16).padStart(8, '0')}`;
}

/** One flat object; where two have a name in common, the later one's is another: `body_id` of a body, `id_2` else. */
function toArguments(parameters: readonly Parameter[], body: readonly Parameter[]): string {
  const values = new Map<string, unknown>();
  /** The last number of each name: to count from the beginning would take the square of how many there are. */
  const counts = new Map<string, number>();

  function set(name: string, parameter: Parameter): void {
    let free = name;
    for (let count = counts.get(name) ?? 1; values.has(free); free = `${name}_${count}`) counts.set(name, ++count);
    values.set(free, toValue(parameter));
  }

  for (const parameter of parameters) set(parameter.name ?? '', parameter);
  for (const property of body) {
    const name = property.name ?? '';
    set(values.has(name) ? `body_${name}` : name, property);
  }
  return JSON.stringify(Object.fromEntries(values));
}

/** Every value comes as text; it is cast to its declared type where the cast loses nothing. */
function toValue({ type, value = '' }: Omit<Parameter, 'name'>): unknown {
  if (typeof value !== 'string') return value;
  switch (type) {
    case 'integer':
    case 'number':
      return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(value) && isExact(value) ? Number(value) : value;
    case 'boolean':
      return value === 'true' || (value === 'false' ? false : value);
    case 'array':
    case 'object':
      return toStructure(value, type);
    default:
      return value;
  }
}

/** Whether a number can be read and written again without loss. */
function isExact(number: string): boolean {
  const value = Number(number);
  if (Object.is(value, -0) || !Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(number)) return Number.isSafeInteger(value);
  const digits = number.replace(/e.*$/i, '').replaceAll(/\D/g, '').replace(/^0+/, '');
  return digits.length <= 15 && (value !== 0 || digits === '');
}

/** Agents write lists and objects as Java does, `[{id=1}]`, more often than as JSON; that stays text. */
function toStructure(text: string, type: 'array' | 'object'): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const fits =
      type === 'array' ? Array.isArray(value) : typeof value === 'object' && value !== null && !Array.isArray(value);
    const numbers = text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/gs, '').match(/-?[\d.]+(?:e[-+]?\d+)?/gi) ?? [];
    return fits && numbers.every(isExact) ? value : text;
  } catch {
    return text;
  }
}
