import type {
  BuildHandlerArguments,
  EndpointV2,
  Handler,
  HttpRequest,
  MetadataBearer,
  MiddlewareStack,
} from '@smithy/types';
import { createOnce } from './once.ts';

/** Steps of AWS's client that `send.ts` does itself, or that nobody needs: nothing is logged or repeated here. */
const others = [
  'serializerMiddleware',
  'deserializerMiddleware',
  'httpAuthSchemeMiddleware',
  'httpSigningMiddleware',
  'retryMiddleware',
  'loggerMiddleware',
];

/** What is left of the client's middleware is its headers; inputs and outputs differ by client, and matter to no step. */
type Stack = MiddlewareStack<object, MetadataBearer>;

type Headers = Readonly<Record<string, string>>;
type AddHeaders = (request: HttpRequest, headers: Headers) => Promise<void>;

/** The middleware of AWS's client, but for those steps. */
export function toStack(middlewareStack: unknown): Stack {
  const stack = middlewareStack as Stack;
  for (const name of others) stack.remove(name);
  return stack;
}

/** The middleware of AWS's client → what adds its headers to a request, such as host, length and a Lambda's trace. */
export function createHeaders(stack: Stack, createBlank: () => HttpRequest): AddHeaders {
  const addAll = toSteps(stack);
  // Put together anew for every request, at some cost, and always the same.
  stack.remove('getUserAgentMiddleware');
  const addChanging = toSteps(stack);
  const readOnce = createOnce(() => readUserAgent(addAll, createBlank()));

  return async (request, headers) => {
    Object.assign(request.headers, headers, await readOnce());
    await addChanging(request);
  };
}

type Steps = (request: HttpRequest) => Promise<unknown>;

function toSteps(stack: Stack): Steps {
  const handle = stack.resolve(() => Promise.resolve({ response: undefined, output: { $metadata: {} } }), {});
  return (request) => {
    const step: BuildHandlerArguments<object> = { input: {}, request };
    return handle(step);
  };
}

async function readUserAgent(addAll: Steps, blank: HttpRequest): Promise<Headers> {
  await addAll(blank);
  return Object.fromEntries(Object.entries(blank.headers).filter(([name]) => name.endsWith('user-agent')));
}

/** One of AWS's commands; the input that it is made of is not looked at. */
export interface Command {
  resolveMiddleware(stack: unknown, configuration: unknown, options: object): Handler<never, MetadataBearer>;
}

/** Where AWS's rules send a command: with these services that hangs on the client alone, and not on the input. */
export async function readEndpoint(stack: Stack, config: object, command: Command): Promise<EndpointV2> {
  let endpoint: EndpointV2 | undefined;
  const asking = stack.clone();
  asking.add(
    // In the place of what would come next.
    (_, context) => () => {
      endpoint = context.endpointV2;
      return Promise.resolve({ response: undefined, output: { $metadata: {} } });
    },
    { name: 'serializerMiddleware', step: 'serialize' },
  );
  await command.resolveMiddleware(asking, config, {})({ input: {} as never });
  if (!endpoint) throw new Error('The AWS SDK found no endpoint.');
  return endpoint;
}
