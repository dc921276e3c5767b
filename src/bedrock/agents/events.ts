import type { AgentEvent } from '../../agent.ts';
import { BadGatewayError } from '../../errors.ts';
import type { Reader } from '../call.ts';
import { statusError } from '../errors.ts';
import { createEventReader, parseBody, parsePayload } from '../event-stream.ts';
import { checkShape, type Shape } from '../shape.ts';
import { type Attribution, namesSources, readCitations, toLookedUp } from './citations.ts';
import { toOutline } from './outline.ts';
import { type Asked, readReturnControl, type ReturnControl } from './return-control.ts';
import { createTraceReader, type TracePart } from './trace.ts';

export interface ReaderOptions {
  /** Whether every trace is handed on as AWS sent it. */
  readonly showTraces: boolean;
  readonly asked: Asked;
}

/** InvokeAgent's event stream → events. */
export function createReader({ showTraces, asked }: ReaderOptions): Reader {
  const stream = createEventReader();
  // One for the whole stream: AWS may cut an answer inside a character.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  const traces = createTraceReader();
  let answered = false;
  /** Whether anything was told that an answer is made of: text, a file, an action. */
  let told = false;
  let returned = false;
  let cited = false;

  /** Without bytes, the end. */
  function decode(bytes?: Uint8Array): string {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new BadGatewayError(
        bytes ? 'The agent sent bytes that are no UTF-8.' : 'The answer ended inside a character.',
      );
    }
  }

  function readEvent(type: string, body: Buffer, events: AgentEvent[]): void {
    switch (type) {
      case 'chunk': {
        const { bytes, attribution } = parseChunk(body);
        answered = true;
        const text = decode(Buffer.from(toText(bytes), 'base64'));
        if (text !== '') {
          told = true;
          events.push({ type: 'text', text });
        }
        if (attribution) {
          events.push(...readCitations(attribution));
          cited ||= namesSources(attribution);
        }
        break;
      }
      case 'trace': {
        const trace = showTraces ? parseBody(body) : parseTrace(body);
        traces.read(trace, events);
        if (showTraces) events.push({ type: 'trace', trace });
        break;
      }
      case 'returnControl': {
        events.push(...readReturnControl(parseBody(body), asked));
        told = true;
        returned = true;
        break;
      }
      case 'files': {
        const payload: Payload = parseBody(body);
        checkShape(payload, filesShape);
        const { files = [] } = payload;
        told ||= files.length > 0;
        events.push(...files.map(toFile));
        break;
      }
    }
  }

  return {
    read(bytes, events) {
      stream.read(bytes, (type, body) => readEvent(type, body, events));
    },
    end(events) {
      stream.end();
      decode();
      // AWS sends no end of its own, so an answer that never came looks like one that ended.
      const failure = traces.failures.at(-1);
      if (!told && (!answered || failure)) throw noAnswer(failure);
      if (!cited) events.push(...traces.lookups.map(toLookedUp));
      for (const note of traces.failures) events.push({ type: 'note', about: 'failure', note });
      events.push(returned ? { type: 'finish', reason: 'tool-calls' } : traces.finish());
    },
  };
}

/** The fields that are read here; AWS may add others. */
interface Payload extends TracePart, ReturnControl {
  readonly bytes?: unknown;
  readonly attribution?: Attribution;
  readonly files?: readonly { readonly name?: string; readonly type?: string; readonly bytes?: unknown }[];
}

const plainChunk = /^\{"bytes":"([A-Za-z0-9+/=]*)"\}$/;

/** Nearly every chunk is its bytes and nothing else; to read those as JSON would be half of the work. */
function parseChunk(body: Buffer): Payload {
  const bytes = plainChunk.exec(body.toString('latin1'))?.[1];
  if (bytes !== undefined) return { bytes };
  const payload: Payload = parseBody(body);
  // Node would leave out what is none.
  if (/^[A-Za-z0-9+/=]*$/.test(toText(payload.bytes))) return payload;
  throw new BadGatewayError('AWS sent a chunk whose bytes are no base64.');
}

/** What a trace tells at length and somebody is told; of any other trace only names and numbers are read. */
const told = /"(?:rationale|guardrailTrace|failureTrace|knowledgeBaseLookupOutput)"|"reasoningText"\s*:\s*\{\s*"/;

function parseTrace(body: Buffer): Payload {
  const outline = toOutline(body.toString('latin1'));
  return told.test(outline) ? parseBody(body) : parsePayload(outline);
}

const filesShape: Shape = { files: [{ name: 'string', type: 'string' }] };

function toFile({ name = 'file', type = 'application/octet-stream', bytes }: NonNullable<Payload['files']>[number]) {
  return { type: 'file' as const, name, mediaType: type, data: toText(bytes) };
}

function toText(bytes: unknown): string {
  if (bytes == null || typeof bytes === 'string') return bytes ?? '';
  throw new BadGatewayError('AWS sent a chunk or a file whose bytes are no text.');
}

function noAnswer(failure: { readonly failureReason?: string; readonly failureCode?: number } | undefined) {
  const message = 'The agent ended its turn without an answer';
  if (!failure) return new BadGatewayError(`${message}: no text, no file and no action came before the stream ended.`);
  const { failureReason = 'no reason given', failureCode } = failure;
  const status = failureCode !== undefined && failureCode >= 400 && failureCode < 600 ? failureCode : 502;
  return statusError(status, `${message}: ${failureReason}`, { code: 'failureTrace', retryable: false });
}
