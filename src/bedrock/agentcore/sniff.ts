import { dataLine } from './data-stream.ts';
import { isLine, recordSeparator } from './json-lines.ts';
import { parseJson } from './json.ts';

/** How the pieces of a body may be set apart. */
export type Kind = 'event-stream' | 'data-stream' | 'json' | 'lines' | 'records' | 'text';

/** What a body says it is. */
export interface ContentType {
  readonly isJson: boolean;
  readonly isLines: boolean;
  readonly isEventStream: boolean;
}

export function parseContentType(type: string): ContentType {
  return {
    isJson: /^application\/([\w.-]+\+)?json\b/i.test(type),
    isLines: /^application\/(x-)?(ndjson|jsonl|jsonlines)\b/i.test(type),
    isEventStream: /^text\/event-stream\b/i.test(type),
  };
}

/** What is not decided by then is read when it is whole. */
export const longestHead = 4096;

/** Fields that begin an event, and fields that may begin a text just as well. */
const fields = ['data:', 'event:', 'id:', 'retry:'];
const loneField = /^((event|id)(:.*)?|retry(: ?\d*)?|:.*)?$/;

/** What a body is by its first characters, its first word at their beginning; `undefined` until they show it. */
export function sniff(head: string, type: ContentType): Kind | undefined {
  const { isJson, isEventStream } = type;
  const start = head.slice(0, longestHead);
  const first = start.charAt(0);
  const undecided = head.length > longestHead ? 'json' : undefined;
  if (start.startsWith('data:')) return 'event-stream';
  if (fields.some((field) => start.startsWith(field))) return isEventStream ? 'event-stream' : sniffFields(start);
  if (first === ':' && (isEventStream || /^:\s/.test(start))) return 'event-stream';
  if (start === ':' || fields.some((field) => field.startsWith(start))) return undefined;
  if (first === recordSeparator) return 'records';
  if ('null'.startsWith(start.trimEnd())) return undecided;
  if (/^[0-9a-z]:?$/.test(start)) return undefined;
  if (dataLine.test(start)) return sniffData(head);
  if (isJson && !type.isLines) return /[{["\-\dtfn]/.test(first) ? 'json' : 'text';
  if (first === '{') return sniffObject(head);
  if (first === '[' && !/^\[\s*($|[[{"\]tfn\d-])/.test(start)) return 'text';
  if (first === '[' || first === '"') return sniffLine(head, type) ?? undecided;
  return 'text';
}

/** A text may begin with such a word, too: events have data. */
function sniffFields(start: string): Kind | undefined {
  if (start.length === longestHead) return 'text';
  const lines = start.split(/\r\n?|\n/);
  const last = lines.pop() ?? '';
  const other = lines.find((line) => !loneField.test(line)) ?? last;
  if (/^data(:|$)/.test(other)) return other === 'data' && other === last ? undefined : 'event-stream';
  const isUnfinished = other === last && (loneField.test(last) || fields.some((field) => field.startsWith(last)));
  return isUnfinished ? undefined : 'text';
}

function sniffData(head: string): Kind | undefined {
  const end = head.indexOf('\n');
  if (end === -1) return undefined;
  return parseJson(head.slice(2, end)).value === undefined ? 'text' : 'data-stream';
}

function sniffObject(head: string): Kind | undefined {
  const end = head.indexOf('\n');
  if (end === -1) return undefined;
  return parseJson(head.slice(0, end)).value === undefined ? 'json' : 'lines';
}

function sniffLine(head: string, { isLines }: ContentType): Kind | undefined {
  const end = head.indexOf('\n');
  const value = end === -1 ? undefined : parseJson(head.slice(0, end)).value;
  if (isLine(value) || (isLines && value !== undefined)) return 'lines';
  return /^"([^"\\]|\\.)*"\s*\S/s.test(head.slice(0, longestHead)) ? 'text' : undefined;
}
