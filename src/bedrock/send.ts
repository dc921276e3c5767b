import type { Readable } from 'node:stream';
import type {
  $ClientProtocol as Protocol,
  AuthScheme,
  HttpAuthScheme,
  HttpRequest,
  HttpResponse,
  RequestHandler,
  RequestSigner,
  SerdeFunctions,
  StaticOperationSchema,
} from '@smithy/types';
import { refuse } from './bearer.ts';
import { isRefusal } from './errors.ts';
import { type Command, createHeaders, readEndpoint, toStack } from './middleware.ts';
import { createOnce } from './once.ts';

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

type CommandClass<Input extends object> = new (input: Input) => Command & { readonly schema?: unknown };

/**
 * AWS's client → what sends its commands. Endpoint, form, credentials, signature and errors are the client's; its
 * middleware is not, but for the headers that it adds: it finds out anew for every request what never changes. Nor is
 * the answer: the client reads an event stream one event ahead, drops the bytes that a deadline has to see, takes a lost
 * connection for the end, and spends more on it than on all the rest.
 */
export function createSender(client: Client) {
  const { config, middlewareStack } = client;
  const { protocol, requestHandler } = config;
  const signer = config.httpAuthSchemes[0]?.signer;
  const stack = toStack(middlewareStack);
  const Request = protocol.getRequestType();
  const addHeaders = createHeaders(stack, () => new Request({}));

  // One for all requests: it asks for the credentials itself, each time.
  const createSigner = config.signer;
  let created: Promise<RequestSigner> | undefined;
  config.signer = (scheme) => (created ??= createSigner(scheme));

  async function prepare(command: Command): Promise<Context> {
    const endpoint = await readEndpoint(stack, config, command);
    // The protocol takes both of AWS's forms of an endpoint, though its type shows one.
    return { ...config, endpoint: () => Promise.resolve(endpoint) } as unknown as Context;
  }

  return function toSend<Input extends object>(Command: CommandClass<Input>): Send<Input> {
    const command = new Command({} as Input);
    const operation = toOperation(command);
    const prepareOnce = createOnce(() => prepare(command));

    async function send(input: Input, { headers, signal }: SendOptions): Promise<Answer> {
      const context = await prepareOnce();
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
      const refusal = { ...response, body: await readRefusal(response.body as Readable) };
      const error = await toError(refusal, protocol.deserializeResponse(operation, context, refusal));
      signer?.errorHandler?.(signing)(error);
      throw error;
    }

    return async (input, options) => {
      try {
        return await send(input, options);
      } catch (error) {
        if (isRefusal(error)) refuse(client);
        throw error;
      }
    };
  };
}

function toOperation({ schema }: { readonly schema?: unknown }): Operation {
  // Every command of a client that has a protocol has one.
  const [, namespace, name, traits, input, output] = schema as StaticOperationSchema;
  return { namespace, name, traits, input, output };
}

/** Bytes of a refusal that are read: AWS's are short, and whoever else answers may never end. */
const longestRefusal = 65_536;

/** What a refusal says, as far as it comes: its status tells enough where the rest does not. */
async function readRefusal(body: Readable): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      // Leaving the loop closes the connection.
      if (length > longestRefusal) break;
    }
  } catch {
    // The connection was lost, or the call has ended, and whoever ended it says why.
  }
  return Buffer.concat(parts);
}

/** What AWS's client makes of a refusal, with what its middleware adds. */
async function toError(response: HttpResponse, reading: Promise<unknown>): Promise<Error> {
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
