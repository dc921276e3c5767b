import { setMaxListeners } from 'node:events';
import type { Agent, Agents } from './agent.ts';
import { BadRequestError, tellAttempts, withModel } from './errors.ts';
import { type Chunks, toChunks } from './openai/chunks.ts';
import { type ChatCompletion, collect } from './openai/collect.ts';
import type { Fallbacks } from './openai/fallbacks.ts';
import type { CompletionParameters } from './openai/parameters.ts';
import type * as Requests from './openai/request.ts';
import type { CompletionCall } from './openai/request.ts';
import { CompletionStream } from './openai/stream.ts';
import { type Fallback, fallback } from './policy/fallback.ts';
import { mock } from './policy/mock.ts';
import { retry } from './policy/retry.ts';
import { telemetry } from './policy/telemetry.ts';

// What those speak of who are handed a completion().
export type { ChunkDelta } from './openai/chunk.ts';
export type { HiddenParams } from './openai/hidden.ts';
export type { AssistantMessage, ChatMessage, ChatToolCall } from './openai/messages.ts';
export type { CompletionParameters } from './openai/parameters.ts';
export type { CompletionStream } from './openai/stream.ts';

/**
 * Asks an agent and answers as OpenAI's chat completions do: whole, or as a stream when `stream: true`. It resolves
 * when the first event of the answer has arrived, and rejects with an `APIError` of this package; wrong parameters are
 * a `BadRequestError` before anything is sent. An abort of `signal` throws the signal's reason.
 */
export interface Completion {
  (parameters: CompletionParameters & { readonly stream: true }): Promise<CompletionStream>;
  (parameters: CompletionParameters & { readonly stream?: false | null }): Promise<ChatCompletion>;
  (parameters: CompletionParameters): Promise<ChatCompletion | CompletionStream>;
}

/** Loaded with the first call: the schema's library is most of what importing this package would cost. */
let requests: Promise<typeof Requests> | undefined;

/** What surrounds the calls of one `completion()`. */
export interface CompletionOptions {
  /** Whether the agents are a router's, which repeats and mocks calls itself. */
  readonly isRouted?: boolean;
  /** Parameters for every call that does not give them. */
  readonly defaults?: Partial<CompletionParameters> | undefined;
}

/** A `completion()` that finds its agents with `agents`. */
export function createCompletion(agents: Agents, { isRouted = false, defaults }: CompletionOptions = {}): Completion {
  const toAgent = ({ model }: CompletionCall) =>
    telemetry(isRouted ? agents(model) : retry(mock(agents(model))), model);

  function isModel(name: string): boolean {
    try {
      agents(name);
      return true;
    } catch (error) {
      if (error instanceof BadRequestError) return false;
      throw error;
    }
  }

  async function completion(parameters: CompletionParameters): Promise<ChatCompletion | CompletionStream> {
    const began = performance.now();
    requests ??= import('./openai/request.ts');
    const { parseRequest } = await requests;
    const call = parseRequest(withMissing(parameters, defaults), isModel);
    const { request, fallbacks, model, callId, price } = call;

    async function ask(signal: AbortSignal | undefined): Promise<Chunks> {
      try {
        const agent = fallback(toAgent(call), model, toFallbacks(fallbacks, toAgent));
        const response = await agent({ ...request, ...(signal && { signal }) });
        const answered = { model: response.about.model ?? model, price: response.ownPrice ?? price };
        return toChunks(response, { ...answered, request, callId, began });
      } catch (error) {
        throw tellAttempts(withModel(error, model));
      }
    }

    return request.stream ? stream(call, ask) : collect(await ask(request.signal));
  }
  // One implementation cannot show TypeScript which overload each branch serves.
  return completion as Completion;
}

/** `null` and `undefined` ask for nothing, whichever of the two say it. */
function withMissing(given: unknown, defaults: Readonly<Record<string, unknown>> = {}): unknown {
  const parameters: Readonly<Record<string, unknown>> = { ...(given as object) };
  const missing = Object.entries(defaults).filter(([name]) => parameters[name] == null);
  return missing.length > 0 ? { ...parameters, ...Object.fromEntries(missing) } : given;
}

function toFallbacks(
  { general, contextWindow, contentPolicy }: Fallbacks<CompletionCall>,
  toAgent: (call: CompletionCall) => Agent,
) {
  const toFallback = (call: CompletionCall): Fallback => ({ ...call, agent: toAgent(call) });
  return {
    general: general.map(toFallback),
    contextWindow: contextWindow.map(toFallback),
    contentPolicy: contentPolicy.map(toFallback),
  };
}

async function stream(
  { request: { signal }, includeUsage }: CompletionCall,
  ask: (signal: AbortSignal) => Promise<Chunks>,
): Promise<CompletionStream> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  // Not `AbortSignal.any`: a signal that outlives many calls would keep a trace of each of them.
  const onEnd = () => signal?.removeEventListener('abort', abort);
  controller.signal.addEventListener('abort', onEnd);
  // Many calls may share one signal; that is no leak, and Node need not warn of it.
  if (signal) setMaxListeners(0, signal);
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  try {
    return new CompletionStream(await ask(controller.signal), { controller, signal, includeUsage, onEnd });
  } catch (error) {
    onEnd();
    throw error;
  }
}
