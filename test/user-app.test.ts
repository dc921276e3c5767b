// How a user of this package tests an app: the agents are functions here, and everything between them and the app is real.
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { APIError, completion, RateLimitError } from '../src/index.ts';
import { startLocalBedrock } from '../src/local.ts';
import type { LocalAgent, LocalBedrockOptions } from '../src/local.ts';

// ── The app ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const model = 'bedrock/agent/SUPPORT/LIVE';

/** Answers a customer within a ticket, which is what the agent remembers. `show` gets every piece as it comes. */
async function reply(
  ticket: string,
  question: string,
  show: (text: string) => void = () => undefined,
): Promise<string> {
  let answer = '';
  try {
    const stream = await completion({
      model,
      messages: [{ role: 'user', content: question }],
      metadata: { session_id: ticket },
      stream: true,
    });
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content ?? '';
      if (text !== '') show(text);
      answer += text;
    }
    return answer;
  } catch (error) {
    if (error instanceof RateLimitError) return 'Many people are asking right now. Please try again in a minute.';
    if (error instanceof APIError && answer !== '') return `${answer}… (the connection was lost)`;
    if (error instanceof APIError) return `Sorry, something went wrong. (${error.code ?? error.status})`;
    throw error;
  }
}

// ── Its tests ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** An agent as a function. It stands where Bedrock's would. */
// eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for here
const support: LocalAgent = async function* ({ inputText, turns }) {
  const [first] = turns;
  yield first ? `You said "${first.inputText}" before. ` : 'Welcome. ';
  yield `Now: ${inputText}`;
};

afterEach(() => vi.unstubAllEnvs());

/** Starts a local Bedrock for one test and points every AWS client at it. */
async function start(options: LocalBedrockOptions = {}): Promise<void> {
  const bedrock = await startLocalBedrock({ agents: { 'SUPPORT/LIVE': support }, ...options });
  onTestFinished(bedrock.close);
  for (const [name, value] of Object.entries(bedrock.env)) vi.stubEnv(name, value);
}

// Of the processor, which a busy machine does not stretch: nothing here waits.
let before = process.cpuUsage();
beforeAll(() => void (before = process.cpuUsage()));
afterAll(() => {
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(2000);
});

test('a customer is remembered within a ticket, and only there', async () => {
  await start();
  expect(await reply('ticket 1', 'My modem blinks.')).toBe('Welcome. Now: My modem blinks.');
  expect(await reply('ticket 1', 'It is red.')).toBe('You said "My modem blinks." before. Now: It is red.');
  expect(await reply('ticket 2', 'Hello?')).toBe('Welcome. Now: Hello?');
});

test('the answer is shown as it comes', async () => {
  await start();
  const shown: string[] = [];
  await reply('ticket', 'Hi', (text) => shown.push(text));
  expect(shown).toEqual(['Welcome. ', 'Now: Hi']);
});

test('a customer is asked to wait when AWS throttles', async () => {
  await start({ faults: { throttling: 1 } });
  expect(await reply('ticket', 'Hi')).toBe('Many people are asking right now. Please try again in a minute.');
});

test('what was said stays when the connection breaks', async () => {
  await start({ faults: { reset: 1 } });
  expect(await reply('ticket', 'Hi')).toBe('Welcome. … (the connection was lost)');
});

test('a failure in the middle of an answer is one too', async () => {
  await start({ faults: { 'dependencyFailed@stream': 1 } });
  expect(await reply('ticket', 'Hi')).toBe('Welcome. … (the connection was lost)');
});

test('an agent that was not deployed is an apology with a code', async () => {
  await start({ agents: {} });
  expect(await reply('ticket', 'Hi')).toBe('Sorry, something went wrong. (ResourceNotFoundException)');
});

test('whatever goes wrong, the customer gets an answer', async () => {
  const faults = { throttling: 0.1, internalServer: 0.1, 'modelNotReady@stream': 0.2, reset: 0.2, truncate: 0.2 };
  await start({ faults, seed: 1 });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => reply(`ticket ${index}`, 'Hi')));
  expect(answers.filter((answer) => answer === '')).toEqual([]);
  expect(new Set(answers).size).toBe(4);
});
