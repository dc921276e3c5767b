import type { BuildHandlerArguments, HttpRequest, MetadataBearer, MiddlewareStack } from '@smithy/types';

/** Steps of AWS's client that `send.ts` does itself, or that nobody needs: nothing is logged or repeated here. */
const others = [
  'serializerMiddleware',
  'deserializerMiddleware',
  'httpAuthSchemeMiddleware',
  'httpSigningMiddleware',
  'retryMiddleware',
  'loggerMiddleware',
];

type Headers = Readonly<Record<string, string>>;
type AddHeaders = (request: HttpRequest, headers: Headers) => Promise<void>;

/** The middleware of AWS's client → what adds its headers to a request, such as host, length and a Lambda's trace. */
export function createHeaders(middlewareStack: unknown): AddHeaders {
  // Inputs and outputs differ by client, and matter to no step here.
  const stack = middlewareStack as MiddlewareStack<object, MetadataBearer>;
  for (const name of others) stack.remove(name);
  const addAll = toSteps(stack);
  // Put together anew for every request, at some cost, and always the same.
  stack.remove('getUserAgentMiddleware');
  const addChanging = toSteps(stack);
  let userAgent: Promise<Headers> | undefined;

  return async (request, headers) => {
    userAgent ??= readUserAgent(addAll);
    Object.assign(request.headers, headers, await userAgent);
    await addChanging(request);
  };
}

type Steps = (request: HttpRequest) => Promise<unknown>;

function toSteps(stack: MiddlewareStack<object, MetadataBearer>): Steps {
  const handle = stack.resolve(() => Promise.resolve({ response: undefined, output: { $metadata: {} } }), {});
  return (request) => {
    const step: BuildHandlerArguments<object> = { input: {}, request };
    return handle(step);
  };
}

async function readUserAgent(addAll: Steps): Promise<Headers> {
  const { HttpRequest } = await import('@smithy/core/protocols');
  const blank = new HttpRequest({});
  await addAll(blank);
  return Object.fromEntries(Object.entries(blank.headers).filter(([name]) => name.endsWith('user-agent')));
}
