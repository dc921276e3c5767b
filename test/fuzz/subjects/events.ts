import fc from 'fast-check';
import { createReader as createAgentReader } from '../../../src/bedrock/agents/events.ts';
import { createReader as createHarnessReader } from '../../../src/bedrock/harness/events.ts';
import { event, exception } from '../../support/frames.ts';
import { checkAnswer } from '../answer.ts';
import { cuts, damage, damages } from '../bytes.ts';
import { toValues } from '../values.ts';
import { wordsOf } from '../words.ts';

const agents = ['events', 'trace', 'citations', 'return-control'].map((name) => `bedrock/agents/${name}.ts`);
const asked = {
  sessionId: 'a-session',
  agentId: 'AGENT',
  tools: [{ name: 'getWeather' }, { name: 'toString' }, { name: 'get_weather' }],
};

/** The events of both services that speak in frames, by the words of their readers. */
const services = [
  {
    createReader: () => createAgentReader({ showTraces: false, asked }),
    words: wordsOf(...agents),
    types: ['chunk', 'trace', 'returnControl', 'files', 'somethingNew'],
  },
  {
    createReader: () => createAgentReader({ showTraces: true, asked }),
    words: wordsOf(...agents),
    types: ['chunk', 'trace', 'returnControl', 'files', '__proto__'],
  },
  {
    createReader: () => createHarnessReader(new Set(['getWeather'])),
    words: wordsOf('bedrock/harness/events.ts'),
    types: ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata'],
  },
];

const streams = fc.oneof(
  ...services.map(({ createReader, words, types }) =>
    fc.record({
      createReader: fc.constant(createReader),
      events: fc.array(fc.tuple(fc.constantFrom(...types), toValues(words)), { maxLength: 6 }),
    }),
  ),
);

/** The events of Bedrock agents and of harnesses: sound frames that hold anything. */
export const property = fc.property(
  streams,
  fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: damages }),
  fc.boolean(),
  cuts,
  ({ createReader, events }, damaged, fails, places) => {
    const frames = events.map(([type, body]) => event(type, body));
    const last = fails ? [exception('throttlingException', 'Slow down.')] : [];
    checkAnswer(createReader, damage(Buffer.concat([...frames, ...last]), damaged), places);
  },
);
