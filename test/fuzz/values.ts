import fc from 'fast-check';
import { strangeNames, type Words } from './words.ts';

/** Texts that one character, one word or one framing could be taken for another in. */
export const texts = fc.oneof(
  fc.constantFrom(
    'Hello ',
    'world',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '€',
    '👋🏽',
    '\ud800',
    '\u2028',
    '\ufeff',
    '\ufffd',
    '\u0000',
  ),
  fc.constantFrom(
    'data: x\n\n',
    '[DONE]',
    '{"a":1}',
    '"',
    "'",
    '\\',
    "{'data': 'x'}",
    'null',
    'None',
    '0:"x"\n',
    '-1',
    ':',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
);

const numbers = fc.oneof(fc.constantFrom(0, 1, 2, -1, 0.5, 429, 599.9, 2 ** 53, 1e21, 1e308, -1e308), fc.integer());

/** JSON made of the words that a reader looks for, of the wrong types as often as of the right ones. */
export function toValues({ names, values }: Words): fc.Arbitrary<unknown> {
  const name = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom(...strangeNames) },
    { weight: 1, arbitrary: texts },
  );
  const text = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: texts });
  const leaf = fc.oneof(
    { weight: 6, arbitrary: text },
    { weight: 1, arbitrary: numbers },
    { weight: 1, arbitrary: fc.constantFrom(null, true, false) },
  );
  const typed = fc.tuple(
    fc.constantFrom('type', 'event', 'kind', 'role', 'object', 'event_kind'),
    fc.constantFrom(...values),
  );
  const { value } = fc.letrec<{ value: unknown; object: unknown; list: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, { weight: 4, arbitrary: leaf }, tie('object'), tie('list')),
    object: fc
      .tuple(fc.array(typed, { maxLength: 1 }), fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }))
      // As JSON.parse does it: also what is called `__proto__` is a field like others.
      .map((entries) => Object.fromEntries(entries.flat())),
    list: fc.array(tie('value'), { maxLength: 3 }),
  }));
  return value;
}

/** Values, mostly objects, as the events of a stream are. */
export function toEvents(words: Words): fc.Arbitrary<readonly unknown[]> {
  return fc.array(toValues(words), { maxLength: 6 });
}
