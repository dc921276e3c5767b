import type { Readable } from 'node:stream';
import type {
  Handler,
  HttpRequest,
  HttpResponse,
  MetadataBearer,
  MiddlewareStack,
  RequestHandler,
} from '@smithy/types';
import { refuse } from './bearer.ts';
import { isRefusal } from './errors.ts';

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
  readonly config: {
    readonly protocol: {
      deserializeResponse(operation: unknown, context: unknown, response: HttpResponse): Promise<MetadataBearer>;
    };
    readonly requestHandler: RequestHandler<HttpRequest, HttpResponse, { abortSignal?: AbortSignal | undefined }>;
  };
  readonly middlewareStack: unknown;
}

/** What it hands out once it does not read answers. */
interface Unread extends MetadataBearer {
  readonly response: Answer;
}

/** One of its commands; the input that it is made of is not looked at. */
type CommandClass<Input extends object> = new (input: Input) => {
  resolveMiddleware(stack: unknown, configuration: unknown, options: object): Handler<Input, MetadataBearer>;
};

/**
 * AWS's client → what sends its commands. Endpoint, credentials, signature and errors are the client's; the answer is
 * not: the client reads an event stream one event ahead, drops the bytes that a deadline has to see, takes a lost
 * connection for the end, and spends more on it than on all the rest.
 */
export function createSender(client: Client) {
  const { protocol, requestHandler } = client.config;
  // Inputs and outputs differ by client, and matter to no step here.
  const middlewareStack = client.middlewareStack as MiddlewareStack<object, MetadataBearer>;
  const deserialize = protocol.deserializeResponse.bind(protocol);
  protocol.deserializeResponse = async (operation, context, response) => {
    if (response.statusCode >= 300) {
      return deserialize(operation, context, { ...response, body: await readRefusal(response.body as Readable) });
    }
    // On Node the HTTP handler's body is a Readable.
    return { $metadata: {}, response: response as Answer } satisfies Unread;
  };

  // Nobody can give a logger, and yet every input would be walked for one.
  middlewareStack.remove('loggerMiddleware');

  /** Every step is handed the same input. */
  const calls = new WeakMap<object, SendOptions>();
  middlewareStack.add(
    (next) => (args) => {
      // The build step comes after serialization: the request is an HTTP request by now.
      Object.assign((args.request as HttpRequest).headers, calls.get(args.input)?.headers);
      return next(args);
    },
    { step: 'build', name: 'bedrockAgentsHeaders' },
  );
  middlewareStack.add(
    // The last step: what would come next sends as well, but with no signal.
    () => (args) => requestHandler.handle(args.request as HttpRequest, { abortSignal: calls.get(args.input)?.signal }),
    { step: 'deserialize', priority: 'low', name: 'bedrockAgentsSend' },
  );

  return function toSend<Input extends object>(Command: CommandClass<Input>): Send<Input> {
    // Once, and not for every call as the client does it.
    const handle = new Command({} as Input).resolveMiddleware(middlewareStack, client.config, {});
    return async (input, options) => {
      calls.set(input, options);
      try {
        const { output } = await handle({ input });
        // As `deserializeResponse` returned it.
        return (output as Unread).response;
      } catch (error) {
        if (isRefusal(error)) refuse(client);
        throw error;
      }
    };
  };
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
