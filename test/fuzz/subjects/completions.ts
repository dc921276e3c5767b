import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import type { AgentEvent } from '../../../src/agent.ts';
import { APIError, type ChatCompletionChunk, createCompletion, streamChunkBuilder } from '../../../src/index.ts';
import { texts } from '../values.ts';

const words = fc.constantFrom('the sky ', 'is blue', ' is ', 'blue', '\n', 'The sky', '€ 5', '👋🏽');
const text = fc.oneof({ weight: 3, arbitrary: words }, texts);
const count = fc.nat(1000);
const source = fc.record({ url: fc.constant('https://example.com/'), title: text });

const event: fc.Arbitrary<AgentEvent> = fc.oneof(
  { weight: 6, arbitrary: text.map((each): AgentEvent => ({ type: 'text', text: each })) },
  text.map((each): AgentEvent => ({ type: 'reasoning', text: each })),
  fc.constant<AgentEvent>({ type: 'message' }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('citation' as const),
      text: fc.array(words, { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
      sources: fc.array(source, { maxLength: 2 }),
      citation: fc.constant({}),
    }),
  },
  fc.record({ type: fc.constant('tool-call' as const), id: text, name: text, arguments: text }),
  fc.record({
    type: fc.constant('file' as const),
    name: text,
    mediaType: fc.constantFrom('image/png', 'text/csv'),
    data: fc.constant('AAAA'),
  }),
  fc.record({ type: fc.constant('usage' as const), inputTokens: count, outputTokens: count, total: fc.boolean() }),
  fc.constant<AgentEvent>({ type: 'trace', trace: { __proto__: null } }),
  fc.constant<AgentEvent>({ type: 'note', about: 'guardrail', note: {} }),
);
const finish: fc.Arbitrary<AgentEvent> = fc.record({
  type: fc.constant('finish' as const),
  reason: fc.constantFrom('stop' as const, 'length' as const, 'tool-calls' as const, 'content-filter' as const),
});

/** What an agent tells, in the reads that brought it, and whether it breaks off. */
const answers = fc.record({
  batches: fc.array(fc.array(event, { maxLength: 5 }), { maxLength: 5 }),
  finish,
  isBroken: fc.boolean(),
});

/** Answers in OpenAI's form: a stream and its completion say the same, and what is cited stands where it is said to. */
export const property = fc.asyncProperty(answers, async ({ batches, finish: end, isBroken }) => {
  const all = isBroken ? batches : [...batches, [end]];
  const completion = createCompletion(() => async () => {
    await Promise.resolve();
    return { sessionId: 's', about: {}, events: play(all, isBroken) };
  });
  const parameters = { model: 'bedrock/agent/A/B', messages: [{ role: 'user' as const, content: 'Hi' }] };
  const whole = await completion({ ...parameters, stream: false }).catch(toExpected);
  const stream = await completion({ ...parameters, stream: true, stream_options: { include_usage: true } });
  const chunks: ChatCompletionChunk[] = [];
  let error: unknown;
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (thrown) {
    error = toExpected(thrown);
  }
  if (whole instanceof APIError || error !== undefined) {
    if (!(whole instanceof APIError && error instanceof APIError && isBroken))
      throw new Error('Only one of them failed.');
    return;
  }
  const finishes = chunks.filter(({ choices }) => choices[0]?.finish_reason).length;
  if (finishes !== 1) throw new Error(`The stream has ${finishes} ends.`);
  const summed = streamChunkBuilder(chunks);
  if (!isDeepStrictEqual(toComparable(summed), toComparable(whole))) {
    throw new Error(`Streamed it is ${JSON.stringify(summed)} and whole ${JSON.stringify(whole)}.`);
  }
  const { message } = whole.choices[0] ?? {};
  const content = message?.content ?? '';
  const cited = batches.flat().flatMap((each) => (each.type === 'citation' ? [each.text?.trim() ?? ''] : []));
  for (const { url_citation: place } of message?.annotations ?? []) {
    const quoted = content.slice(place.start_index, place.end_index);
    if (!cited.includes(quoted)) throw new Error(`It is said to quote ${JSON.stringify(quoted)}.`);
  }
});

async function* play(
  batches: readonly (readonly AgentEvent[])[],
  isBroken: boolean,
): AsyncGenerator<readonly AgentEvent[]> {
  for (const batch of batches) {
    await Promise.resolve();
    yield batch;
  }
  if (isBroken) throw new APIError('It broke off.');
}

function toExpected(thrown: unknown): APIError {
  if (thrown instanceof APIError) return thrown;
  throw thrown;
}

/** All but what is of the call. */
function toComparable({ choices, usage }: ReturnType<typeof streamChunkBuilder>): unknown {
  return JSON.parse(JSON.stringify({ choices, usage }));
}
