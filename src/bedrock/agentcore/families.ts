import type { Answer } from './answer.ts';
import type { OnPiece, Piece } from './body.ts';
import { custom, isAside } from './formats/custom.ts';
import { error, toAgentError } from './formats/error.ts';
import { type Format, isObject, type JsonValue, typeIn } from './formats/format.ts';
import { generic } from './formats/generic.ts';
import { isRepr } from './formats/repr.ts';
import { readString, readWrapped, type StringReaders } from './formats/string.ts';

/** Reads the pieces of a body with the first of these formats that knows them. */
export function readFamilies(formats: readonly Format[], answer: Answer): OnPiece {
  const families = formats.filter((format) => format.name !== generic.name);
  const asked = createChoice(formats);
  const [inStream, ofWhole] = [readersIn(false), readersIn(true)];

  function readPiece(piece: Piece): boolean {
    if ('name' in piece && readNamed(piece.name, piece)) return true;
    switch (piece.type) {
      case 'text':
        if (piece.isPart || !readWrapped(piece.text, answer, inStream)) answer.text(piece.text);
        return true;
      case 'error':
        answer.fail(toAgentError(piece.value));
        return true;
      case 'value':
        return readWhole(piece);
      case 'done':
        answer.done();
        return true;
      default:
        return piece satisfies never;
    }
  }

  /** Notes and thoughts by the name of a server-sent event, where what it holds does not say its type itself. */
  function readNamed(name: string, piece: Piece & { readonly type: 'text' | 'value' }): boolean {
    const value = piece.type === 'text' ? piece.text : piece.value;
    const isTyped = typeIn(value) !== undefined || Array.isArray(value);
    if (!formats.some((format) => format.name === custom.name) || isTyped || !isAside(name)) return false;
    const typed = { type: name, ...(isObject(value) ? value : { data: value }) };
    // These two go by a type; a family knows its own without.
    const byType = [error.name, custom.name];
    return families.some((family) => {
      const asked = byType.includes(family.name) ? typed : value;
      return isObject(asked) && family.read(asked, answer, inStream.readValue);
    });
  }

  /** What nobody knows, or nobody finds an answer in, is shown when it is the whole answer, and skipped in a stream. */
  function readWhole({ value, raw, whole }: Piece & { readonly type: 'value' }): boolean {
    const isKnown = readValue(value, raw, whole);
    if (whole && !(isKnown && (answer.saysSomething() || !isShown(value)))) answer.unknown(raw);
    return isKnown;
  }

  function readValue(value: unknown, raw: string, whole: boolean): boolean {
    const readers = whole ? ofWhole : inStream;
    if (isScalars(value) && raw !== '') {
      if (!readers.readEvent(value)) answer.text(raw);
    } else if (isObject(value)) return asked(value).some((format) => format.read(value, answer, readers.readValue));
    else if (typeof value === 'string') readString(value, answer, readers);
    // In a stream Python's None says nothing; a number is a word of bare text that happens to be JSON.
    else if (value !== null) answer.text(raw);
    else if (whole) answer.text('');
    return true;
  }

  function readersIn(whole: boolean): StringReaders {
    const readInner = (inner: unknown): boolean => readValue(inner, '', whole);
    return {
      readPiece,
      readValue: readInner,
      readEvent: (event) => isObject(event) && families.some((family) => family.read(event, answer, readInner)),
    };
  }

  return readPiece;
}

/** More fields, or more kinds of objects, than the events of any family have. */
const mostFields = 16;
const mostKinds = 256;

/** Objects whose fields begin with the same names: one key of all names could be that of others. */
interface Kind {
  mayKnow?: readonly Format[];
  readonly further: Map<string, Kind>;
}

/**
 * The formats that may know a value, in their order, by the names of its fields. A stream repeats a few kinds of objects
 * thousands of times: to hear each time that most families know none of them takes longer than to read one.
 */
function createChoice(formats: readonly Format[]): (value: JsonValue) => readonly Format[] {
  const empty: Kind = { further: new Map() };
  let kinds = 0;

  function kindOf(names: readonly string[]): Kind {
    let kind = empty;
    for (const name of names) {
      const known = kind.further.get(name);
      const next = known ?? { further: new Map() };
      if (!known && kinds < mostKinds) {
        kind.further.set(name, next);
        kinds++;
      }
      kind = next;
    }
    return kind;
  }

  return (value) => {
    const names = Array.isArray(value) ? [] : Object.keys(value);
    // A list has no fields.
    if (names.length === 0 || names.length > mostFields) return formats;
    const kind = kindOf(names);
    return (kind.mayKnow ??= formats.filter(({ fields }) => !fields || fields.some((field) => field in value)));
  };
}

/** A list that, where no family knows it, is a text of brackets and words. */
function isScalars(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && !value.some(isObject);
}

/** Whether a value may be shown as it is: Python's objects never are. */
function isShown(value: unknown): boolean {
  return isObject(value) && !Object.values(value).some((field) => typeof field === 'string' && isRepr(field));
}
