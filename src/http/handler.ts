import { randomUUID } from 'node:crypto';
import type { Completion } from '../completion.ts';
import { BadRequestError, NotFoundError } from '../errors.ts';
import type { HiddenParams } from '../openai/hidden.ts';
import { type Abandoned, createAbandoned } from './abandoned.ts';
import { checkAllowed, checkHost } from './allowed.ts';
import { readJson } from './body.ts';
import { toErrorResponse } from './error-body.ts';
import { toEventStream } from './event-stream.ts';
import { toAnswerHeaders, toCallHeaders } from './headers.ts';
import { toParameters } from './parameters.ts';
import { toRoute } from './route.ts';

/** What stands behind OpenAI's API. */
export interface HandlerOptions {
  /** Answers the chat completions; `createCompletion(bedrock())` or one that knows models by other names. */
  readonly completion: Completion;
  /** The names that `GET /v1/models` lists. */
  readonly models?: readonly string[];
  /**
   * What callers may say beside what is theirs: names like `aws_region_name`, or `all` where they are trusted like the
   * code around them. Default none: with credentials and hosts of their own they could read files of this machine.
   */
  readonly allowClient?: readonly string[] | 'all';
  /** The most bytes a request's body may have; default 50 MB, which is what OpenAI takes. */
  readonly maxBodyBytes?: number;
  /** Told of every error that a caller is told of. */
  readonly onError?: (error: unknown, request: Request) => void;
  /** Told when an answer has been given whole, was left, or broke off, and what is known of it then. */
  readonly onEnd?: (known: HiddenParams, request: Request) => void;
}

/** OpenAI's HTTP API as one function of the web platform; it rejects only with the reason of `request.signal`. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * `completion` as OpenAI's HTTP API, for any server or framework that speaks `Request` and `Response`:
 * `POST /v1/chat/completions`, `GET /v1/models` and `/v1/models/{id}`, wherever it is mounted.
 */
export function createHandler(options: HandlerOptions): Handler {
  const abandoned = createAbandoned();
  return async (request) => {
    const callId = request.headers.get('x-litellm-call-id') ?? randomUUID();
    try {
      return await answer(request, { ...options, callId, abandoned });
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      options.onError?.(error, request);
      return toErrorResponse(error, toCallHeaders(callId));
    }
  };
}

interface Context extends HandlerOptions {
  readonly callId: string;
  readonly abandoned: Abandoned;
}

async function answer(request: Request, context: Context): Promise<Response> {
  const { callId, models = [] } = context;
  const route = toRoute(request);
  switch (route.type) {
    case 'chat':
      return complete(request, route.deployment, context);
    case 'models':
      return toJson({ object: 'list', data: models.map(toModel) }, toCallHeaders(callId));
    case 'model':
      return toJson(toModel(findModel(route.id, models)), toCallHeaders(callId));
    case 'wrong-method': {
      const wrong = new BadRequestError(`This path takes ${route.allow} only.`, { status: 405 });
      return toErrorResponse(wrong, { ...toCallHeaders(callId), allow: route.allow });
    }
    case 'unknown':
      throw new NotFoundError(
        'There is nothing here. Known are POST /v1/chat/completions, GET /v1/models and GET /v1/models/{id}.',
      );
  }
}

async function complete(request: Request, deployment: string | undefined, context: Context): Promise<Response> {
  const {
    completion,
    callId,
    abandoned,
    models = [],
    allowClient,
    maxBodyBytes = 50_000_000,
    onError,
    onEnd,
  } = context;
  const { headers, signal } = request;
  const body = await readJson(request, maxBodyBytes);
  abandoned.refuse(request, body);
  const parameters = toParameters(body, { headers, deployment, callId, signal });
  if (allowClient !== 'all') {
    checkAllowed(body, allowClient);
    const { model } = parameters;
    if (typeof model === 'string' && !models.includes(model)) checkHost(model, allowClient);
  }
  const told = await completion(parameters).catch((error: unknown) => {
    if (signal.aborted) abandoned.add(request, body);
    throw error;
  });
  const known = told._hidden_params;
  if ('choices' in told) {
    onEnd?.(known, request);
    return toJson(told, { ...toCallHeaders(callId), ...toAnswerHeaders(known) });
  }
  // The answer has begun, so the status is known.
  const events = toEventStream(told, {
    request,
    onError: (error) => onError?.(error, request),
    onEnd: () => onEnd?.(known, request),
  });
  return new Response(events, {
    headers: {
      ...toCallHeaders(callId),
      ...toAnswerHeaders(known),
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      // nginx would hold the events back.
      'x-accel-buffering': 'no',
    },
  });
}

function toJson(value: object, headers: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(value), { headers: { ...headers, 'content-type': 'application/json' } });
}

function findModel(id: string, models: readonly string[]): string {
  if (models.includes(id)) return id;
  throw new NotFoundError(`The model \`${id}\` does not exist; GET /v1/models lists those that do.`, {
    code: 'model_not_found',
    param: 'model',
  });
}

/** The age and the owner are LiteLLM's: it has to say something, too. */
function toModel(id: string) {
  return { id, object: 'model', created: 1677610602, owned_by: 'openai' };
}
