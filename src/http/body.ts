import { BadRequestError } from '../errors.ts';
import { parseJson } from './json.ts';

/**
 * The JSON object that a request carries. Throws a `BadRequestError` for anything else: 400, or 413 as soon as more than
 * `limit` bytes have come or are announced.
 */
export async function readJson(request: Request, limit: number): Promise<Readonly<Record<string, unknown>>> {
  // A page of another origin can send every other type without asking the browser's leave (CORS).
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    const came = request.headers.get('content-type') ?? 'none';
    throw new BadRequestError(`The content type must be application/json, not ${came}.`);
  }
  const body = parseJson(await readText(request, limit));
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new BadRequestError('The body must be a JSON object, such as {"model": "…", "messages": […]}.');
}

async function readText(request: Request, limit: number): Promise<string> {
  const announced = request.headers.get('content-length') ?? '';
  if (Number(announced) > limit) throw tooLarge(limit);
  // A server takes no more than was announced, so there is nothing to count on the way, and a body in one piece costs
  // far less than a stream of it.
  if (/^\d+$/.test(announced)) {
    const text = await request.text();
    if (Buffer.byteLength(text) > limit) throw tooLarge(limit);
    return text;
  }
  if (!request.body) return '';
  const decoder = new TextDecoder();
  // Its types say `any`.
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > limit) {
      // Not waited for: whoever sends too much may also be slow to stop.
      reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function tooLarge(limit: number): BadRequestError {
  return new BadRequestError(`The body is longer than ${limit} bytes.`, { status: 413, code: 'request_too_large' });
}
