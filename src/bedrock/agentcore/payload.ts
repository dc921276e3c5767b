import type { PayloadRequest, Turn } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { toJson } from '../parameters.ts';
import { nothingNew } from '../turns.ts';
import { a2a } from './payloads/a2a.ts';
import { agUi } from './payloads/ag-ui.ts';
import { converse } from './payloads/converse.ts';
import type { Form, Said } from './payloads/form.ts';
import { inputPrompt } from './payloads/input-prompt.ts';
import { createOwnForm } from './payloads/own.ts';
import { prompt } from './payloads/prompt.ts';

/** What an agent may take, by the name that `payload_format` has for it. A further form is one file and one line. */
const forms: ReadonlyMap<unknown, Form> = new Map([
  ['prompt', prompt],
  ['input.prompt', inputPrompt],
  ['converse', converse],
  ['ag-ui', agUi],
  ['a2a', a2a],
]);

/** Reads `payload_format`; throws a `BadRequestError` that lists the names. */
export function parseForm(format: unknown): Form {
  if (format == null) return prompt;
  // What it takes and returns is checked when it is asked.
  if (typeof format === 'function') return createOwnForm(format as (request: PayloadRequest) => unknown);
  const form = forms.get(format);
  if (form) return form;
  const names = [...forms.keys()].map((name) => `\`${String(name)}\``).join(', ');
  const came = typeof format === 'string' ? JSON.stringify(format.slice(0, 40)) : typeof format;
  throw new BadRequestError(`payload_format: expected one of ${names}, or a function; got ${came}.`, {
    param: 'payload_format',
  });
}

/** The payload in a form, `extraBody` laid over it. Throws a `BadRequestError` when there is nothing new to say. */
export function toPayload(form: Form, said: Said, extraBody: object | undefined): string | Uint8Array {
  const isReplaced = form.field === undefined || Object.hasOwn(extraBody ?? {}, form.field);
  if (!isReplaced && !hasNews(said.request.turns)) throw nothingNew();
  const payload = form.toPayload(said);
  if (isFields(payload)) return toText({ ...payload, ...extraBody });
  if (extraBody) {
    throw new BadRequestError(
      'extra_body: the payload that `payload_format` made is no object; leave one of them out.',
      {
        param: 'extra_body',
      },
    );
  }
  if (typeof payload === 'string' || payload instanceof Uint8Array) return payload;
  return toJson('payload_format', payload) ?? 'null';
}

/** Whether the caller says anything after the last answer. */
function hasNews(turns: readonly Turn[]): boolean {
  return turns.slice(turns.findLastIndex((turn) => turn.type === 'assistant') + 1).some((turn) => {
    if (turn.type !== 'user') return true;
    return turn.parts.some((part) => part.type === 'file' || part.text.trim() !== '');
  });
}

function isFields(payload: unknown): payload is Readonly<Record<string, unknown>> {
  if (typeof payload !== 'object' || payload === null) return false;
  return !Array.isArray(payload) && !ArrayBuffer.isView(payload) && !('toJSON' in payload);
}

/** Field by field, so that an error names the one that cannot be written. */
function toText(fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields).flatMap(([name, value]) => {
    const json = toJson(name, value);
    return json === undefined ? [] : [`${JSON.stringify(name)}:${json}`];
  });
  return `{${members.join(',')}}`;
}
