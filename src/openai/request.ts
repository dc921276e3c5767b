import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AgentEvent, AgentRequest, PayloadRequest, Policy, Price, ServiceTool, Session, Tool } from '../agent.ts';
import { BadRequestError } from '../errors.ts';
import { type Fallbacks, parseFallbacks } from './fallbacks.ts';
import { type ChatMessage, type ChatToolCall, parseMessages } from './messages.ts';
import { parseMock } from './mock.ts';
import { hints, isUnbuilt, own, sessionNames, settings } from './names.ts';
import { type CheckedParameters, parseParameters, quote } from './schema.ts';

/**
 * What `completion()` takes: OpenAI's parameters and LiteLLM's, under their names. Every name of the AWS request passes
 * to its place; any other name is a custom parameter for the agent.
 */
export interface CompletionParameters {
  /**
   * `bedrock/agent/{AGENT_ID}/{ALIAS_ID}`, `bedrock/agentcore/{RUNTIME_ARN}`, `bedrock/agentcore/{HARNESS_ARN}`, or the
   * container of an AgentCore agent on this machine: `bedrock/agentcore/http://localhost:8080`.
   */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  readonly tools?: readonly (ChatTool | HarnessTool)[] | null;
  /** Seconds of silence from AWS after which the call fails with a `Timeout`; default 900. */
  readonly timeout?: number | null;
  /** The same for streams, where it differs. */
  readonly stream_timeout?: number | null;
  /** How often a call is repeated that cannot have run the turn; default 0. */
  readonly num_retries?: number | null;
  /** LiteLLM's other name for `num_retries`. */
  readonly max_retries?: number | null;
  /** The same by class of error: `{ RateLimitErrorRetries: 3, TimeoutErrorRetries: 0 }`; such errors are repeated in any case. */
  readonly retry_policy?: Readonly<Record<`${string}Retries`, number>> | null;
  /** Asked one after the other when the agent fails: model strings, or parameters that differ from these. */
  readonly fallbacks?: readonly FallbackParameter[] | null;
  /** The same, asked first when the conversation is too long. */
  readonly context_window_fallbacks?: readonly FallbackParameter[] | null;
  /** The same, asked first when the content was refused. */
  readonly content_policy_fallbacks?: readonly FallbackParameter[] | null;
  /** Answers without any agent: a text, an error to throw (also `'litellm.RateLimitError'`), or a whole completion. */
  readonly mock_response?: string | Error | object | null;
  /** Answers with these tool calls, without any agent. */
  readonly mock_tool_calls?: readonly ChatToolCall[] | null;
  /** Seconds before a mock answers. */
  readonly mock_delay?: number | null;
  /** Fails with a `Timeout` when `timeout` has passed, without any agent. */
  readonly mock_timeout?: boolean | null;
  /** Comes back as `_hidden_params.litellm_call_id`. */
  readonly litellm_call_id?: string | null;
  /** Parameters to leave out. */
  readonly additional_drop_params?: readonly string[] | null;
  /** Leaves out OpenAI parameters that the agent cannot honour; otherwise they are an `UnsupportedParamsError`. */
  readonly drop_params?: boolean | null;
  /** OpenAI parameters to hand to the agent as custom parameters. */
  readonly allowed_openai_params?: readonly string[] | null;
  /** Dollars, instead of the price list. */
  readonly input_cost_per_token?: number | null;
  readonly output_cost_per_token?: number | null;
  /** Replaces AWS's host, with scheme: `http://127.0.0.1:4100`. */
  readonly api_base?: string | null;
  /** LiteLLM's other name for `api_base`. */
  readonly base_url?: string | null;
  /** Headers to send, signed, with the request to AWS. */
  readonly extra_headers?: Readonly<Record<string, string>> | null;
  /** Fields for the request body: of InvokeAgent, of InvokeHarness, or of an AgentCore agent's own payload. */
  readonly extra_body?: Readonly<Record<string, unknown>> | null;
  /** The most bytes an answer may have; default 100 MB. */
  readonly max_response_bytes?: number | null;
  /** Aborts the call: reading then throws the signal's reason. */
  readonly signal?: AbortSignal | null;
  readonly aws_access_key_id?: string | null;
  readonly aws_secret_access_key?: string | null;
  readonly aws_session_token?: string | null;
  readonly aws_region_name?: string | null;
  /** Agents: sends usage, reasoning and the model's name (default true); `true` also hands on every raw trace. */
  readonly enableTrace?: boolean | null;
  /** Ends the session after this turn; on AgentCore, when the answer has been read to its end. */
  readonly endSession?: boolean | null;
  /** Agents: 2–100 of `[0-9a-zA-Z._:-]`. */
  readonly memoryId?: string | null;
  /** Agents: the returned control that is answered. */
  readonly invocationId?: string | null;
  /** Agents: AWS's own structure. */
  readonly sessionState?: Readonly<Record<string, unknown>> | null;
  /**
   * AgentCore: hands the last message's parts on as `content` of the payload, as OpenAI spells them, where one is not
   * text; by default attachments are `media`, as AWS documents it.
   */
  readonly forward_multimodal_content?: boolean | 'true' | 'false' | null;
  /**
   * AgentCore: what the agent takes. `prompt` (the default) is `{ prompt }`, `input.prompt` is `{ input: { prompt } }`,
   * `converse` is `{ messages }` as Amazon Bedrock's Converse has them, `ag-ui` is AG-UI's RunAgentInput, which carries
   * `tools`, and `a2a` is A2A 0.3's `message/send` or, for a stream, `message/stream`. A function makes any other.
   */
  readonly payload_format?:
    'prompt' | 'input.prompt' | 'converse' | 'ag-ui' | 'a2a' | ((request: PayloadRequest) => unknown) | null;
  /** AgentCore: a JWT, or a function that gives one for each request; sent instead of a signature. */
  readonly api_key?: string | (() => string | Promise<string>) | null;
  /** AgentCore: the endpoint of the runtime or the harness; AWS's default is `DEFAULT`. */
  readonly qualifier?: string | null;
  /**
   * AgentCore runtimes: how the answer is read, where it cannot be told from the answer itself: the name of a format
   * (`string` for text that looks like something else, `string-cumulative` for strings that each repeat the text so
   * far), or a function from each JSON value or bare text of the answer to events. It need not return a `finish`.
   */
  readonly agent_format?: string | ((value: unknown) => readonly AgentEvent[]) | null;
  /** AgentCore: 1–1024 characters; needs the permission `InvokeAgentRuntimeForUser`. */
  readonly runtimeUserId?: string | null;
  /** Harness: a model instead of its own, as AWS describes it; `temperature` and `top_p` go there. */
  readonly bedrockModelConfig?: ModelConfig | null;
  readonly openAiModelConfig?: ModelConfig | null;
  readonly geminiModelConfig?: ModelConfig | null;
  readonly liteLlmModelConfig?: ModelConfig | null;
  /** Harness: whose memory is used. */
  readonly actorId?: string | null;
  /** Harness: names and patterns, instead of its own. */
  readonly allowedTools?: readonly string[] | null;
  /** Harness: AWS's own structures, instead of its own. */
  readonly skills?: readonly Readonly<Record<string, unknown>>[] | null;
  readonly systemPrompt?: readonly Readonly<Record<string, unknown>>[] | null;
  /** Harness: limits, instead of its own. */
  readonly maxIterations?: number | null;
  readonly maxTokens?: number | null;
  readonly timeoutSeconds?: number | null;
  /** Agents: the session, 2–100 of `[0-9a-zA-Z._:-]`. */
  readonly sessionId?: string | null;
  /** LiteLLM's spelling of `sessionId`. */
  readonly sessionID?: string | null;
  /** AgentCore: the session, 33–256 characters; on a harness 33–100 of `[a-zA-Z0-9_-]`. */
  readonly runtimeSessionId?: string | null;
  /** A session of any spelling: an id that is valid for the service is made of it. */
  readonly litellm_session_id?: string | null;
  /** For logs; its `session_id` names the session like `litellm_session_id`. */
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly user?: string | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly n?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly presence_penalty?: number | null;
  readonly frequency_penalty?: number | null;
  readonly seed?: number | null;
  readonly [parameter: string]: unknown;
}

/** A model string, parameters that differ, or LiteLLM's map from a model to its fallbacks (`*` for any other). */
export type FallbackParameter = string | Readonly<Record<string, unknown>>;

/** A tool as OpenAI describes it. */
export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly strict?: boolean | null;
  };
}

/** A model that answers a harness's call, with AWS's names. */
export interface ModelConfig {
  readonly modelId: string;
  readonly [field: string]: unknown;
}

/** A tool that an AgentCore harness runs itself, or an inline function, as AWS describes it. */
export interface HarnessTool {
  readonly type:
    'agentcore_browser' | 'agentcore_code_interpreter' | 'agentcore_gateway' | 'inline_function' | 'remote_mcp';
  readonly name?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

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
export function parseRequest(parameters: unknown): CompletionCall & { readonly fallbacks: Fallbacks<CompletionCall> } {
  const given = parseParameters(parameters);
  return { ...toCall(given), fallbacks: parseFallbacks(given, toCall) };
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
