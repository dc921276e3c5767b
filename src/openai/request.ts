import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AgentRequest, Policy, Price, ServiceTool, Session, Tool } from '../agent.ts';
import { BadRequestError } from '../errors.ts';
import { type Fallbacks, parseFallbacks } from './fallbacks.ts';
import { parseMessages } from './messages.ts';
import { parseMock } from './mock.ts';
import { hints, isUnbuilt, own, sessionNames, settings } from './names.ts';
import { type CheckedParameters, parseParameters, quote } from './schema.ts';

/** A checked request and what `completion()` itself has to know of it. */
export interface CompletionCall {
  readonly model: string;
  readonly request: AgentRequest;
  readonly includeUsage: boolean;
  /** The caller's name for this call, or a new one. */
  readonly callId: string;
  /** Given by the caller; it wins over the price list. */
  readonly price?: Price;
}

/** What parameters ask for, whatever the conversation is. */
export type Asked = Omit<AgentRequest, 'instructions' | 'turns'>;

/** Checks parameters from a stranger and says whose each one is; throws a `BadRequestError`. */
export function parseRequest(
  parameters: unknown,
  isModel: (name: string) => boolean,
): CompletionCall & { readonly fallbacks: Fallbacks<CompletionCall> } {
  const given = parseParameters(parameters);
  return { ...toCall(given), fallbacks: parseFallbacks(given, { toCall, isModel }) };
}

/** Checks parameters that calls may differ from, whole or streamed; throws a `BadRequestError`. */
export function parseDefaults(parameters: Readonly<Record<string, unknown>>) {
  // What the schema asks of a call comes with the call.
  const given = parseParameters({ ...parameters, model: '', messages: [{ role: 'user', content: '' }] });
  return { price: parsePrice(given), toAsked: (stream: boolean) => toAsked({ ...given, stream }) };
}

function toCall(given: CheckedParameters): CompletionCall {
  const price = parsePrice(given);
  return {
    model: given.model,
    includeUsage: given.stream_options?.include_usage ?? false,
    callId: given.litellm_call_id ?? randomUUID(),
    ...(price && { price }),
    request: { ...parseMessages(given.messages), ...toAsked(given) },
  };
}

/** Sorts parameters by whom they are for; throws a `BadRequestError` for what is not built. */
function toAsked(given: CheckedParameters): Asked {
  const { model, tools, signal } = given;
  const unknown = Object.keys(given).filter((name) => isUnbuilt(name) && given[name] != null);
  if (unknown.length > 0) {
    throw new BadRequestError(
      `bedrock-agents-openai does not support LiteLLM's ${quote(unknown)} yet; leave out what you do not need. ` +
        'To send such a name to an AgentCore agent, put it into `extra_body`.',
      { param: unknown[0] ?? '', model },
    );
  }

  const allowed = new Set(given.allowed_openai_params ?? []);
  const dropped = new Set(given.additional_drop_params ?? []);
  const isOwn = (name: string) => own.has(name) && !(name === 'tools' && allowed.has(name));
  const asked: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value == null || isOwn(name) || hints.has(name) || sessionNames.has(name) || dropped.has(name)) continue;
    if (!settings.has(name) || allowed.has(name)) rest[name] = value;
    else if (!isDeepStrictEqual(value, settings.get(name))) asked[name] = value;
  }

  const stream = given.stream ?? false;
  const timeout = (stream ? given.stream_timeout : undefined) ?? given.timeout ?? given.request_timeout;
  const session = parseSession(given);
  const policy = parsePolicy(given);
  return {
    ...(allowed.has('tools') || dropped.has('tools') ? { tools: [] } : parseTools(tools ?? [])),
    settings: asked,
    dropUnsupported: given.drop_params ?? false,
    parameters: rest,
    stream,
    ...(session && { session }),
    ...(timeout != null && { timeout }),
    ...(signal && { signal }),
    ...(policy && { policy }),
  };
}

function parseTools(given: NonNullable<CheckedParameters['tools']>): Pick<AgentRequest, 'tools' | 'serviceTools'> {
  const tools: Tool[] = [];
  const serviceTools: ServiceTool[] = [];
  given.forEach((tool, index) => {
    if (tool.type === 'function' && tool.function) {
      const { name, description, parameters } = tool.function;
      tools.push({ name, ...(description != null && { description }), ...(parameters && { parameters }) });
    } else serviceTools.push({ definition: tool, param: `tools.${index}` });
  });
  return { tools, ...(serviceTools.length > 0 && { serviceTools }) };
}

function parseSession(given: CheckedParameters): Session | undefined {
  const named = [...sessionNames].flatMap(([name, { exact }]) => toSession(given[name], exact, name));
  const neutral = toSession(given.metadata?.['session_id'], false, 'metadata.session_id');
  const [first] = [...named, ...neutral];
  const other = named.find((session) => session.exact && first?.exact && session.id !== first.id);
  if (!first || !other) return first;
  throw new BadRequestError(`${first.name} and ${other.name} name different sessions; give one of them.`, {
    param: other.name,
  });
}

/** A neutral name that is empty names nothing; an exact one is for the service to refuse. */
function toSession(id: unknown, exact: boolean, name: string): readonly Session[] {
  if (id == null || (id === '' && !exact)) return [];
  if (typeof id === 'string') return [{ id, exact, name }];
  throw new BadRequestError(`${name}: expected string, got ${typeof id}.`, { param: name });
}

function parsePolicy(given: CheckedParameters): Policy | undefined {
  const retries = given.num_retries ?? given.max_retries;
  const mock = parseMock(given);
  const { retry_policy: retryPolicy } = given;
  if (retries == null && !mock && !retryPolicy) return undefined;
  return { ...(retries != null && { retries }), ...(retryPolicy && { retryPolicy }), ...(mock && { mock }) };
}

function parsePrice({
  input_cost_per_token: input,
  output_cost_per_token: output,
}: CheckedParameters): Price | undefined {
  if (input == null && output == null) return undefined;
  return (usages) =>
    usages.reduce((sum, usage) => sum + usage.inputTokens * (input ?? 0) + usage.outputTokens * (output ?? 0), 0);
}
