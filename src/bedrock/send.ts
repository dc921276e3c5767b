import type { Readable } from 'node:stream';
import type {
  $ClientProtocol as Protocol,
  AuthScheme,
  EndpointParameterInstructions,
  HttpAuthScheme,
  HttpRequest,
  HttpResponse,
  RequestHandler,
  RequestSigner,
  SerdeFunctions,
  StaticOperationSchema,
} from '@smithy/types';
import { createHeaders } from './request-headers.ts';

/** Sends an input; resolves with the answer as it came, its body unread, and throws a refusal as AWS's client does. */
export type Send<Input> = (input: Input, options: SendOptions) => Promise<Answer>;

export interface SendOptions {
  /** Sent, and signed with the rest. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly headers: Readonly<Partial<Record<string, string>>>;
  readonly body: Readable;
}

/** What is used of an AWS client. */
interface Client {
  readonly config: Config;
  readonly middlewareStack: unknown;
}

type AnyProtocol = Protocol<HttpRequest, HttpResponse>;

interface Config extends SerdeFunctions {
  readonly protocol: AnyProtocol;
  readonly requestHandler: RequestHandler<HttpRequest, HttpResponse, { abortSignal?: AbortSignal }>;
  /** None where the client signs nothing. */
  readonly httpAuthSchemes: readonly HttpAuthScheme[];
  signer: (scheme?: AuthScheme) => Promise<RequestSigner>;
}

/** What the client's protocol reads of its configuration. */
type Context = Parameters<AnyProtocol['serializeRequest']>[2];
type Operation = Parameters<AnyProtocol['serializeRequest']>[0];

/** One of its commands; the input that it is made of is not looked at. */
interface CommandClass<Input extends object> extends EndpointRules {
  new (input: Input): { readonly schema?: unknown };
}

/** How AWS finds out where to send a command. */
interface EndpointRules {
  getEndpointParameterInstructions(): EndpointParameterInstructions;
}

/**
 * AWS's client → what sends its commands. Endpoint, form, credentials, signature and errors are the client's; its
 * middleware is not, but for the headers that it adds: it finds out anew for every request what never changes. Nor is
 * the answer: the client reads an event stream one event ahead, drops the bytes that a deadline has to see, takes a lost
 * connection for the end, and spends more on it than on all the rest.
 */
export function createSender({ config, middlewareStack }: Client) {
  const { protocol, requestHandler } = config;
  const signer = config.httpAuthSchemes[0]?.signer;
  const addHeaders = createHeaders(middlewareStack);

  // One for all requests: it asks for the credentials itself, each time.
  const createSigner = config.signer;
  let created: Promise<RequestSigner> | undefined;
  config.signer = (scheme) => (created ??= createSigner(scheme));

  return function toSend<Input extends object>(Command: CommandClass<Input>): Send<Input> {
    const operation = toOperation(Command);
    let preparing: Promise<Context> | undefined;
    return async (input, { headers, signal }) => {
      preparing ??= prepare(config, Command).catch((error: unknown) => {
        preparing = undefined;
        throw error;
      });
      const context = await preparing;
      const request = await protocol.serializeRequest(operation, input, context);
      await addHeaders(request, headers);
      // The signer keeps in it what it has to know of this request to learn how far AWS's clock is from ours.
      const signing = { config, context: {} };
      const signed = signer ? await signer.sign(request, {}, signing) : request;
      const { response } = await requestHandler.handle(signed, { abortSignal: signal });
      if (response.statusCode < 300) {
        signer?.successHandler?.(response, signing);
        // On Node the HTTP handler's body is a Readable.
        return response as Answer;
      }
      const error = await readRefusal(response, protocol.deserializeResponse(operation, context, response));
      signer?.errorHandler?.(signing)(error);
      throw error;
    };
  };
}

function toOperation<Input extends object>(Command: CommandClass<Input>): Operation {
  // Every command of a client that has a protocol has one.
  const [, namespace, name, traits, input, output] = new Command({} as Input).schema as StaticOperationSchema;
  return { namespace, name, traits, input, output };
}

/** Asks AWS where to send a command: with these services that hangs on the client alone. */
async function prepare(config: Config, rules: EndpointRules): Promise<Context> {
  const { getEndpointFromInstructions, toEndpointV1 } = await import('@smithy/core/endpoints');
  // A copy, since it keeps there what the environment says.
  const endpoint = toEndpointV1(await getEndpointFromInstructions({}, rules, { ...config }));
  return { ...config, endpoint: () => Promise.resolve(endpoint) };
}

/** What AWS's client makes of a refusal, with what its middleware adds. */
async function readRefusal(response: HttpResponse, reading: Promise<unknown>): Promise<Error> {
  const { statusCode: httpStatusCode, headers } = response;
  try {
    await reading;
    return new Error(`AWS answered HTTP ${httpStatusCode}.`);
  } catch (thrown) {
    const error = thrown as Error;
    const $metadata = { httpStatusCode, requestId: headers['x-amzn-requestid'] };
    Object.defineProperty(error, '$response', { value: response });
    return Object.assign(error, { $metadata: (error as { $metadata?: object }).$metadata ?? $metadata });
  }
}
