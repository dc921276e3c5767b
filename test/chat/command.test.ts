import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { awsException, startLocalBedrock, type LocalAgentRequest } from '../../src/local.ts';

const asked: LocalAgentRequest[] = [];
beforeEach(() => void asked.splice(0));
const functionInvocationInput = {
  actionGroup: 'weather',
  function: 'get_weather',
  parameters: [{ name: 'city', type: 'string', value: 'Paris' }],
};
const attribution = {
  citations: [
    {
      generatedResponsePart: { textResponsePart: { text: 'It is warm.' } },
      retrievedReferences: [{ location: { type: 'WEB', webLocation: { url: 'https://weather.example/paris' } } }],
    },
  ],
};

/** Rewrites the line and the title, writes to the clipboard, asks the terminal to answer; in 7 bits and in 8. */
const hostile = '\x1b[2K\r\x1b]0;title\x07\x1b]52;c;cm0=\x07\x1b[6n\x9b31m\x9d0;t\x9c\x08\x7f\0\tEnd\n';
const toHostile = (value: object) =>
  JSON.parse(JSON.stringify(value).replaceAll('/paris', `/${JSON.stringify(hostile).slice(1, -1)}`)) as object;

const aws = await startLocalBedrock({
  agents: {
    'A/LIVE': async function* (request) {
      asked.push(request);
      const { inputText = '', sessionState, signal } = request;
      if (sessionState['returnControlInvocationResults']) yield 'I heard.';
      else if (inputText === 'hostile') {
        yield { rationale: `Hm ${hostile}` };
        yield { chunk: { bytes: `Fine.${hostile}`, attribution: toHostile(attribution) } };
      } else if (inputText === 'refuse') throw awsException('ValidationException', `No.${hostile}`);
      else if (inputText === 'call') {
        yield { returnControl: { invocationId: 'wait-1', invocationInputs: [{ functionInvocationInput }] } };
      } else if (inputText === 'cite') yield { chunk: { bytes: 'It is warm.', attribution } };
      else if (inputText === 'slow') {
        yield 'one ';
        await sleep(20_000, undefined, { signal });
      } else {
        yield { rationale: 'Let me think.' };
        yield `You said ${inputText}.`;
      }
    },
  },
});
afterAll(aws.close);

function chat(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'chat', 'bedrock/agent/A/LIVE', ...args], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'], AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...aws.env, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { out: '', error: '' };
  child.stdout.on('data', (bytes: Buffer) => (printed.out += String(bytes)));
  child.stderr.on('data', (bytes: Buffer) => (printed.error += String(bytes)));
  const exit = once(child, 'close').then(([code]: unknown[]) => code);
  const waitFor = async (text: string) => {
    while (!printed.out.includes(text)) await once(child.stdout, 'data');
  };
  const say = (...lines: readonly string[]) => child.stdin.write(lines.map((line) => `${line}\n`).join(''));
  return { child, printed, exit, say, waitFor };
}

it('talks, a line each time, in one session', async () => {
  const { child, printed, exit, say } = chat();
  say('Hello', '', 'Again');
  child.stdin.end();
  expect(await exit).toBe(0);
  expect(printed).toEqual({ out: 'You said Hello.\nYou said Again.\n', error: '' });
  expect(asked).toHaveLength(2);
  expect(asked[1]?.sessionId).toBe(asked[0]?.sessionId);
  expect(asked[1]?.turns.length).toBeGreaterThan(0);
});

it('goes on with a session', async () => {
  const { child, exit, say } = chat(['--session', 'chat-7']);
  say('Hello');
  child.stdin.end();
  await exit;
  expect(asked[0]?.sessionId).toBe('chat-7');
});

it('dims thoughts where they can be dimmed, asks what the agent asks for and lists sources', async () => {
  const { child, printed, exit, say } = chat([], { FORCE_COLOR: '1' });
  say('Hello', 'call', 'Sunny', 'cite');
  child.stdin.end();
  expect(await exit).toBe(0);
  expect(printed.out).toContain('\x1b[2mLet me think.\x1b[22m');
  expect(printed.out).toContain('The agent asks for get_weather({"city":"Paris"})\nI heard.');
  expect(printed.out).toContain('It is warm.\n\nSources:\n[1] ');
  expect(printed.out).toContain('https://weather.example/paris');
  expect(JSON.stringify(asked[2]?.sessionState)).toContain('Sunny');
});

it('aborts an answer at SIGINT and goes on; another one ends it', async () => {
  const { child, printed, exit, say, waitFor } = chat();
  say('slow');
  await waitFor('one');
  child.kill('SIGINT');
  await waitFor('[aborted]');
  say('Hello');
  await waitFor('You said Hello.\n');
  child.kill('SIGINT');
  expect(await exit).toBe(0);
  expect(printed.error).toBe('');
});

it('gives scripts a line of JSON for each answer', async () => {
  const { child, printed, exit, say } = chat(['--json']);
  say('call', 'Sunny', 'Hello');
  child.stdin.end();
  expect(await exit).toBe(0);
  const lines = printed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { object: 'chat.completion', choices: [{ finish_reason: 'tool_calls' }] },
    { choices: [{ message: { content: 'I heard.' } }] },
    { choices: [{ message: { content: 'You said Hello.', reasoning_content: 'Let me think.' } }] },
  ]);
});

it.each([
  ['in words', [], ({ error }: { error: string }) => error],
  ['as JSON', ['--json'], ({ out }: { out: string }) => out],
])('tells of an error %s and ends with 1', async (_, args, read) => {
  const { child, printed, exit, say } = chat(args, { AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME: 'http://127.0.0.1:9' });
  say('Hello');
  child.stdin.end();
  expect(await exit).toBe(1);
  expect(read(printed)).toMatch(/ECONNREFUSED/);
});

it("shows an agent's words, and lets none of them act on the terminal", async () => {
  const { child, printed, exit, say } = chat([], { FORCE_COLOR: '1' });
  say('hostile', 'refuse');
  child.stdin.end();
  await exit;
  for (const text of [printed.out, printed.error]) {
    const plain = text.replaceAll('\x1b[2m', '').replaceAll('\x1b[22m', '');
    expect(plain).toMatch(/\tEnd\n/);
    // eslint-disable-next-line no-control-regex
    expect(plain).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  }
  expect(printed.out).toContain('Fine.');
  expect(printed.error).toContain('No.');
});

it('says everything to scripts, in JSON that no terminal acts on', async () => {
  const { child, printed, exit, say } = chat(['--json']);
  say('hostile', 'refuse');
  child.stdin.end();
  await exit;
  const [told, error] = printed.out.trimEnd().split('\n');
  expect(JSON.parse(told ?? '')).toMatchObject({ choices: [{ message: { content: `Fine.${hostile}` } }] });
  expect(JSON.parse(error ?? '')).toMatchObject({ error: { message: expect.stringContaining(hostile) as string } });
  // eslint-disable-next-line no-control-regex
  expect(printed.out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});
