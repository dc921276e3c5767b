import type { Becomes, ErrorClass, Fault, Words } from './faults.ts';
import { answer, type Service } from './services.ts';
import { toWords, type Way } from './ways.ts';

/** One fault with one service, asked in one way. */
export interface Cell {
  readonly id: string;
  readonly fault: Fault;
  readonly service: Service;
  readonly way: Way;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What came of a cell, in words that are the same in every run. */
export interface Found {
  /** How a call ended that was made before. */
  readonly before?: string;
  readonly end: string;
  /** What a reader of the stream had been told by then. */
  readonly said: string;
  /** Whether the server sees every connection closed, or left in order for a next call. */
  readonly isLeft: boolean;
  /** What is wrong with the errors' messages. */
  readonly faulty: readonly string[];
}

/** What must come of a cell. */
export function toExpected({ fault, service, way }: Cell): Found {
  const { becomes = fault.becomes } = fault.but?.[service.name] ?? {};
  const said = way.isStream ? toSaid(fault, becomes, service) : '';
  return {
    ...(fault.before && { before: toEnd(fault.before, way, '') }),
    end: toEnd(becomes, way, said),
    said,
    isLeft: true,
    faulty: [],
  };
}

function toSaid({ said = '' }: Fault, becomes: Becomes, service: Service): string {
  if (becomes === 'an answer') return answer;
  if (isWords(becomes)) return becomes.words;
  if (typeof said === 'function') return said(service);
  return service.framing === 'one value' ? '' : said;
}

/** How a way tells it: whoever asks the proxy hears an error's type, and its status unless the answer had begun. */
function toEnd(becomes: Becomes, { isProxied }: Way, said: string): string {
  if (typeof becomes === 'string') return becomes;
  if (isWords(becomes)) return toWords(becomes.words);
  const { name, status, type } = toError(becomes);
  if (!isProxied) return `${name} ${status}`;
  return said === '' ? `${type} ${status}` : type;
}

function toError(becomes: ErrorClass | readonly [ErrorClass, number]) {
  if (typeof becomes === 'function') return new becomes('');
  const [Class, status] = becomes;
  return new Class('', { status });
}

function isWords(becomes: Becomes): becomes is Words {
  return typeof becomes === 'object' && 'words' in becomes;
}
