import type { AgentEvent, PayloadRequest } from '../agent.ts';
import type { ChatMessage, ChatToolCall } from './messages.ts';

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
  /** The conversation, oldest first; without a session all of it travels, with one only what is new. */
  readonly messages: readonly ChatMessage[];
  /** Whether the answer comes in pieces; a Bedrock agent's role then needs `bedrock:InvokeModelWithResponseStream`. */
  readonly stream?: boolean | null;
  /** Whether a stream ends with a chunk that has no choices and the usage; default false. */
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  /** What the caller can run: functions. On a harness they replace its own, and AWS's entries may stand among them. */
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
  /** The same for the tokens of the answer. */
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
  /** Given together with `aws_secret_access_key`; without any credentials AWS's default chain finds them. */
  readonly aws_access_key_id?: string | null;
  /** The secret of `aws_access_key_id`. */
  readonly aws_secret_access_key?: string | null;
  /** Of temporary credentials. */
  readonly aws_session_token?: string | null;
  /** Default: the environment, the profile, `us-west-2`; one that differs from an ARN's is a `BadRequestError`. */
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
  /** The same for a model of OpenAI's. */
  readonly openAiModelConfig?: ModelConfig | null;
  /** The same for a Gemini model. */
  readonly geminiModelConfig?: ModelConfig | null;
  /** The same for a model behind LiteLLM. */
  readonly liteLlmModelConfig?: ModelConfig | null;
  /** Harness: whose memory is used. */
  readonly actorId?: string | null;
  /** Harness: names and patterns, instead of its own. */
  readonly allowedTools?: readonly string[] | null;
  /** Harness: AWS's own structures, instead of its own. */
  readonly skills?: readonly Readonly<Record<string, unknown>>[] | null;
  /** Harness: instead of system messages, in AWS's own structure. */
  readonly systemPrompt?: readonly Readonly<Record<string, unknown>>[] | null;
  /** Harness: limits, instead of its own. */
  readonly maxIterations?: number | null;
  /** Harness: tokens of the whole call, as `max_tokens`. */
  readonly maxTokens?: number | null;
  /** Harness: seconds for the whole call, which AWS counts. */
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
  /** For logs; it changes nothing. */
  readonly user?: string | null;
  /** Harness, beside a `…ModelConfig`; elsewhere it belongs to the agent and is an `UnsupportedParamsError`. */
  readonly temperature?: number | null;
  /** The same. */
  readonly top_p?: number | null;
  /** Only 1, an agent answers once; more is an `UnsupportedParamsError`. */
  readonly n?: number | null;
  /** No agent has a place for it. */
  readonly stop?: string | readonly string[] | null;
  /** Harness; elsewhere an `UnsupportedParamsError`. */
  readonly max_tokens?: number | null;
  /** OpenAI's newer name for `max_tokens`. */
  readonly max_completion_tokens?: number | null;
  /** No agent has a place for it. */
  readonly presence_penalty?: number | null;
  /** No agent has a place for it. */
  readonly frequency_penalty?: number | null;
  /** No agent has a place for it. */
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
