import { setMaxListeners } from 'node:events';
import type { Agents } from './agent.ts';
import { withModel } from './errors.ts';
import { type Chunks, toChunks } from './openai/chunks.ts';
import { type ChatCompletion, collect } from './openai/collect.ts';
import type * as Requests from './openai/request.ts';
import type { CompletionCall, CompletionParameters } from './openai/request.ts';
import { CompletionStream } from './openai/stream.ts';
import { retry } from './policy/retry.ts';

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

/** A `completion()` that finds its agents with `agents`. */
export function createCompletion(agents: Agents): Completion {
  async function completion(parameters: CompletionParameters): Promise<ChatCompletion | CompletionStream> {
    requests ??= import('./openai/request.ts');
    const { parseRequest } = await requests;
    const call = parseRequest(parameters);
    return call.request.stream ? stream(agents, call) : collect(await ask(agents, call, call.request.signal));
  }
  // One implementation cannot show TypeScript which overload each branch serves.
  return completion as Completion;
}

async function stream(agents: Agents, call: CompletionCall): Promise<CompletionStream> {
  const { signal } = call.request;
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
    const chunks = await ask(agents, call, controller.signal);
    return new CompletionStream(chunks, { controller, signal, includeUsage: call.includeUsage, onEnd });
  } catch (error) {
    onEnd();
    throw error;
  }
}

async function ask(agents: Agents, call: CompletionCall, signal: AbortSignal | undefined): Promise<Chunks> {
  const { model, price, retries } = call;
  const request = { ...call.request, ...(signal && { signal }) };
  try {
    const agent = retry(agents(model), retries);
    return toChunks(await agent(request), { model, request, price });
  } catch (error) {
    throw withModel(error, model);
  }
}
