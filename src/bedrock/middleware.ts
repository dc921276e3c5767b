import { Readable } from 'node:stream';
import type { DeserializeMiddleware, HttpRequest, HttpResponse, MiddlewareStack } from '@smithy/types';

/** Has a command send these headers; they are signed with the rest. */
export function addHeaders<Input extends object, Output extends object>(
  { middlewareStack }: { readonly middlewareStack: MiddlewareStack<Input, Output> },
  headers: Readonly<Record<string, string>>,
): void {
  middlewareStack.add(
    (next) => (args) => {
      // The build step comes after serialization: the request is an HTTP request by now.
      Object.assign((args.request as HttpRequest).headers, headers);
      return next(args);
    },
    { step: 'build', name: 'bedrockAgentsHeaders' },
  );
}

/**
 * Takes the body of a command's answer before the SDK decodes it, and returns where to find it. The SDK reads an event
 * stream one event ahead, drops the bytes that a deadline has to see, and takes a lost connection for the end.
 */
export function takeBody<Input extends object, Output extends object>({
  middlewareStack,
}: {
  readonly middlewareStack: MiddlewareStack<Input, Output>;
}): () => Readable {
  let body: Readable = Readable.from([]);
  middlewareStack.addRelativeTo(
    ((next) => async (args) => {
      const result = await next(args);
      // What the HTTP handler returns, on Node with a Readable as its body.
      const response = result.response as HttpResponse;
      if (response.statusCode < 300) {
        body = response.body as Readable;
        response.body = Readable.from([]);
      }
      return result;
    }) satisfies DeserializeMiddleware<Input, Output>,
    { relation: 'after', toMiddleware: 'deserializerMiddleware', name: 'bedrockAgentsBody' },
  );
  return () => body;
}
