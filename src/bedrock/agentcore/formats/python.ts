import { isObject, type JsonValue } from './format.ts';

/** As deep as JSON may be. */
const deepest = 256;

/** The rest of a string, by its quotes. */
const strings: Readonly<Record<string, RegExp>> = {
  "'": /([^'\\]*(?:\\.[^'\\]*)*)'/sy,
  '"': /([^"\\]*(?:\\.[^"\\]*)*)"/sy,
  "'''": /(.*?)(?<!\\)'''/sy,
  '"""': /(.*?)(?<!\\)"""/sy,
};

/**
 * Python's `repr` of an object, or pydantic's `str`, as the value that it shows: `Part(text='Hi')` is `{text: 'Hi'}`.
 * `undefined` where it is none. What only lives in Python (`<function …>`) is null.
 */
export function parsePython(text: string): unknown {
  let at = 0;
  try {
    const value = take(/(?=[a-z_]\w*=)/y) === undefined ? parseValue(0) : parseFields(/\s*$/y, 0).fields;
    return take(/\s*$/y) === undefined ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match ?? undefined;
  }

  function parseValue(depth: number): unknown {
    if (depth > deepest) throw new SyntaxError('too deep');
    take(/\s*/y);
    const string = take(/(?:[rRuU]|([bB]))?("""|'''|"|')/y);
    if (string) return parseString(string[2] ?? '', string[1] !== undefined);
    if (take(/\{/y)) return parseDictionary(depth);
    if (take(/[[(]/y)) return parseList(/\s*[\])]/y, depth);
    if (take(/</y)) return parseOpaque(depth);
    const number = take(/-?(?:\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?|inf\b|nan\b)/y);
    if (number) return Number.isFinite(Number(number[0])) ? Number(number[0]) : null;
    if (take(/\.\.\./y)) return null;
    return parseName(depth);
  }

  function parseString(quote: string, isBytes: boolean): string {
    const match = take(strings[quote] ?? /$./y);
    if (!match) throw new SyntaxError('a string without an end');
    return isBytes ? '' : unescape(match[1] ?? '');
  }

  function parseDictionary(depth: number): unknown {
    const entries: [string, unknown][] = [];
    const members: unknown[] = [];
    while (!take(/\s*\}/y)) {
      // No name that anybody looks for, where it is no text: written out, dictionaries in keys would double with each level.
      const key = parseValue(depth + 1);
      if (take(/\s*:/y)) entries.push([isObject(key) ? '' : String(key), parseValue(depth + 1)]);
      else members.push(key);
      take(/\s*,/y);
    }
    return members.length > 0 ? members : Object.fromEntries(entries);
  }

  function parseList(end: RegExp, depth: number): unknown[] {
    const list: unknown[] = [];
    while (!take(end)) {
      list.push(parseValue(depth + 1));
      take(/\s*,/y);
    }
    return list;
  }

  function parseOpaque(depth: number): unknown {
    // An enum shows what it stands for: `<Role.USER: 'user'>`.
    if (take(/[\w.]+: (?=['"\d])/y)) {
      const value = parseValue(depth + 1);
      if (take(/>/y)) return value;
    }
    for (let open = 1; open > 0;) {
      const bracket = take(/[^<>]*([<>])/y);
      if (!bracket) throw new SyntaxError('an object without an end');
      open += bracket[1] === '<' ? 1 : -1;
    }
    return null;
  }

  function parseName(depth: number): unknown {
    const name = take(/[A-Za-z_][\w.]*(?:<\w+>[\w.]*)*/y)?.[0];
    if (name === undefined) throw new SyntaxError('no value');
    if (take(/\[/y)) parseList(/\s*\]/y, depth);
    if (take(/\(/y)) {
      const { fields, rest } = parseFields(/\s*\)/y, depth);
      return rest.length === 1 && Object.keys(fields).length === 0 ? rest[0] : { ...kindOf(name), ...fields };
    }
    return name === 'None' ? null : name === 'True' || (name === 'False' ? false : name);
  }

  function parseFields(end: RegExp, depth: number): { readonly fields: JsonValue; readonly rest: readonly unknown[] } {
    const fields: [string, unknown][] = [];
    const rest: unknown[] = [];
    while (!take(end)) {
      const name = take(/\s*([A-Za-z_]\w*)=/y)?.[1];
      const value = parseValue(depth + 1);
      if (name === undefined) rest.push(value);
      else fields.push([name, value]);
      take(/\s*,/y);
    }
    return { fields: Object.fromEntries(fields), rest };
  }
}

/** What tells a class from others in JSON and is left out of its `repr`. */
function kindOf(name: string): JsonValue {
  const own = name.replace(/^.*\./, '');
  const words = (end: RegExp, joint: string) =>
    own
      .replace(end, '')
      .replace(/(?<=[a-z])(?=[A-Z])/g, joint)
      .toLowerCase();
  if (/^(AI|Human|System|Tool|Function|Chat)Message(Chunk)?$/.test(own)) return { type: own };
  if (/^(Part|FinalResult|FunctionTool|OutputTool|AgentRunResult)\w*Event$/.test(own))
    return { event_kind: words(/Event$/, '_') };
  if (/^(Text|Thinking|ToolCall)PartDelta$/.test(own)) return { part_delta_kind: words(/PartDelta$/, '_') };
  if (/^(Text|Thinking|ToolCall|ToolReturn|RetryPrompt|UserPrompt|SystemPrompt)Part$/.test(own))
    return { part_kind: words(/Part$/, '-') };
  if (/^Model(Request|Response)$/.test(own)) return { kind: own.slice(5).toLowerCase() };
  return {};
}

const escape = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences, as far as `repr` writes them. */
export function unescape(literal: string): string {
  return literal.replace(escape, (_, x?: string, u?: string, U?: string, char?: string) => {
    if (char !== undefined) return escapes[char] ?? char;
    const point = parseInt(x ?? u ?? U ?? '', 16);
    return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  });
}
