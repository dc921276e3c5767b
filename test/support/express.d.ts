/** express brings no types of its own, and A2A's SDK and our server need no more than this of it. */
declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export type Request = IncomingMessage;
  export type RequestHandler = (request: Request, response: ServerResponse, next: (error?: unknown) => void) => unknown;
  export type ErrorRequestHandler = (error: unknown, ...rest: Parameters<RequestHandler>) => unknown;
  export interface Express extends RequestListener {
    use(path: string, handler: RequestHandler): void;
  }
  export default function express(): Express;
}
