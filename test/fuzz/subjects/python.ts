import fc from 'fast-check';
import { createReader } from '../../../src/bedrock/agentcore/events.ts';
import { parsePython } from '../../../src/bedrock/agentcore/formats/python.ts';
import { checkAnswer } from '../answer.ts';
import { texts } from '../values.ts';
import { wordsOf } from '../words.ts';

const { names } = wordsOf('bedrock/agentcore/formats/repr.ts', 'bedrock/agentcore/formats/strands.ts');

const classes = [
  'AgentResult',
  'AIMessage',
  'ToolMessage',
  'ModelResponse',
  'TextPart',
  'Part',
  'CrewOutput',
  'RunItemStreamEvent',
];
const words = [
  'None',
  'True',
  'nan',
  'inf',
  '...',
  '<object at 0x7f>',
  "<Role.USER: 'user'>",
  'datetime.date(2025, 1, 1)',
  '1e5',
];

/** As Python writes values down. */
const { value } = fc.letrec<{ value: string; pair: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    { weight: 3, arbitrary: texts.map(quote) },
    { weight: 2, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.integer().map(String) },
    fc.array(tie('value'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
    fc.array(tie('value'), { maxLength: 3 }).map((all) => `(${all.join(', ')})`),
    fc.array(tie('pair'), { maxLength: 3 }).map((all) => `{${all.join(', ')}}`),
    fc
      .tuple(fc.constantFrom(...classes), fc.array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 3 }))
      .map(([name, fields]) => `${name}(${fields.map(([field, held]) => `${field}=${held}`).join(', ')})`),
  ),
  pair: fc
    .tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names).map(quote) }, tie('value')), tie('value'))
    .map(([name, held]) => `${name}: ${held}`),
}));

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}

const tokens = [
  "'",
  '"',
  "'''",
  '\\',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '<',
  '>',
  '=',
  ':',
  ',',
  'b',
  '\\x',
  '\\u',
  '\\U00110000',
  '.',
  ' ',
];

const reprs = fc.oneof(
  { weight: 3, arbitrary: value },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...tokens), value, fc.constantFrom(...names)), { maxLength: 12 })
      .map((all) => all.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...names), value).map(([name, held]) => `${name}=${held} type='AIMessage'`),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...names), value).map(([name, held]) => `{'${name}': ${held}}`) },
);

/** Python's objects as text. */
export const property = fc.property(reprs, (repr) => {
  parsePython(repr);
  checkAnswer(() => createReader('text/event-stream'), Buffer.from(`data: ${JSON.stringify(repr)}\n\n`), [0.5]);
  checkAnswer(() => createReader('application/json'), Buffer.from(JSON.stringify({ response: repr })), [0.5]);
});
