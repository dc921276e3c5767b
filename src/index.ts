export { completion, completion as acompletion, createRouter, type Router } from './default.ts';
export { createCompletion, type Completion, type CompletionOptions } from './completion.ts';
export { bedrock } from './bedrock/index.ts';
export { getSupportedOpenAIParams } from './bedrock/supported.ts';
export { streamChunkBuilder } from './openai/collect.ts';
export { completionCost } from './openai/cost.ts';
export {
  APIConnectionError,
  APIError,
  type Attempt,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  ConflictError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  type ErrorDetails,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
  UnprocessableEntityError,
  UnsupportedParamsError,
} from './errors.ts';
export type {
  About,
  Agent,
  AgentEvent,
  AgentRequest,
  AgentResponse,
  Agents,
  AssistantTurn,
  FilePart,
  FinishReason,
  Mock,
  Part,
  PayloadRequest,
  Policy,
  Price,
  ResultsTurn,
  ServiceTool,
  Session,
  Source,
  Tool,
  ToolCall,
  ToolResult,
  Turn,
  Usage,
  UserTurn,
} from './agent.ts';
export type {
  ChatCompletionChunk,
  ChatFinishReason,
  ChatImage,
  ChunkChoice,
  ChunkDelta,
  ProviderSpecificFields,
  ToolCallDelta,
} from './openai/chunk.ts';
export type { Annotation } from './openai/citations.ts';
export type { HiddenParams } from './openai/hidden.ts';
export type { CompletionUsage } from './openai/usage.ts';
export type { ChatChoice, ChatCompletion, ChatCompletionMessage, ChatCompletionToolCall } from './openai/collect.ts';
export type { AssistantMessage, ChatMessage, ChatToolCall, ContentPart, TextPart } from './openai/messages.ts';
export type {
  ChatTool,
  CompletionParameters,
  FallbackParameter,
  HarnessTool,
  ModelConfig,
} from './openai/parameters.ts';
export type { CompletionStream, StreamOptions } from './openai/stream.ts';
export type { DeploymentParameters, RouterFallbacks, RouterModel, RouterOptions } from './policy/router-options.ts';
export type { LatencyOptions } from './policy/strategies.ts';
