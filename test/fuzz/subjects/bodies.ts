import fc from 'fast-check';
import { createReader } from '../../../src/bedrock/agentcore/events.ts';
import { checkAnswer } from '../answer.ts';
import { cuts } from '../bytes.ts';

/** What framings are told apart by, and what stands between. */
const tokens = [
  ...['data:', 'data: ', 'event: ', 'event: error', 'id: 1', 'retry: 1', ':', ': ping', '[DONE]', 'data: [DONE]'],
  ...[
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    ' ',
    '\t',
    '\ufeff',
    '0:',
    'd:',
    'z:',
    '"',
    '\\"',
    '\\',
    '\\u20',
    '{',
    '}',
    '[',
    ']',
    ',',
  ],
  ...[
    '{"text":"x"}',
    '{"error":"x"}',
    '"x"',
    '"data: y\\n\\n"',
    '[1,2]',
    'null',
    'true',
    '1',
    '-',
    '1e',
    'Hi',
    '€',
    'nul',
  ],
  ...['{"type":"text-delta","delta":"x"}', '{"type":"start"}', '{"type":"finish"}', "{'data': 'x'}", "'", '(', ')'],
];

const types = [
  'application/json',
  'text/event-stream',
  'application/x-ndjson',
  'text/plain',
  'application/octet-stream',
  '',
];

const bodies = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...tokens), { maxLength: 24 }).map((all) => Buffer.from(all.join(''))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)) },
);

/** Server-sent events, lines, JSON, bare text and what is none of them, as AgentCore hands it on. */
export const property = fc.property(bodies, fc.constantFrom(...types), cuts, (bytes, type, places) => {
  checkAnswer(() => createReader(type), bytes, places);
});
