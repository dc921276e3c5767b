import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startLocalBedrock } from '../src/local.ts';
import { createProxy, loadConfig } from '../src/proxy.ts';
import { within } from './support/loopback.ts';

const examples = resolve(import.meta.dirname, '../examples');
let ended = 0;
const aws = await startLocalBedrock({ onCall: () => ended++ });
const before = { ...process.env };
beforeAll(() => void Object.assign(process.env, aws.env));
afterAll(async () => {
  process.env = before;
  await aws.close();
});

const messages = [{ role: 'user' as const, content: 'Hi' }];

describe('examples/config.yaml', () => {
  it('runs as it stands, in a process of its own or in any other', async () => {
    const keys = { LITELLM_MASTER_KEY: 'sk-master', SUPPORT_TEAM_KEY: 'sk-team' };
    const config = await loadConfig(resolve(examples, 'config.yaml'), keys);
    expect(config.warnings).toEqual([]);
    const proxy = createProxy(config);
    const client = new OpenAI({ baseURL: 'http://any/v1', apiKey: 'sk-team', fetch: proxy.fetch });
    const answer = await client.chat.completions.create({ model: 'bedrock-agent-1', messages });
    expect(answer.choices[0]?.message.content).toContain('You said: Hi');
    const other = client.withOptions({ apiKey: 'sk-master' }).chat.completions;
    const runtime = await other.create({ model: 'agentcore-runtime-1', messages });
    expect(runtime.choices[0]?.message.content).toContain('You said: Hi');
    const listening = await proxy.listen({ port: 0 });
    expect((await fetch(`${listening.url}/health/readiness`)).status).toBe(200);
    await listening.close();
    await expect(fetch(listening.url)).rejects.toThrow();
  });
});

describe.skipIf(!existsSync(resolve(examples, '../dist/index.js')))(
  'examples/lambda.ts (run `npm run build` first)',
  () => {
    interface Head {
      readonly statusCode: number;
      readonly headers: Readonly<Record<string, string>>;
    }
    let head: Head | undefined;
    const stub = {
      streamifyResponse: <T>(run: T) => run,
      HttpResponseStream: {
        from: (outgoing: Writable, given: Head) => {
          head = given;
          return outgoing;
        },
      },
    };

    async function invoke(outgoing: Writable, body: object, isBase64Encoded = false) {
      vi.stubGlobal('awslambda', stub);
      const { handler } = await import('../examples/lambda.ts');
      const text = Buffer.from(JSON.stringify({ model: 'bedrock/agent/A/LIVE', messages, ...body }));
      await handler(
        {
          rawPath: '/v1/chat/completions',
          headers: { 'content-type': 'application/json' },
          body: text.toString(isBase64Encoded ? 'base64' : 'utf8'),
          isBase64Encoded,
          requestContext: { domainName: 'x.lambda-url.us-west-2.on.aws', http: { method: 'POST' } },
        },
        outgoing,
      );
    }

    it.each([false, true])('streams an answer (body in base64: %s)', async (isBase64Encoded) => {
      const outgoing = new PassThrough();
      const pieces: string[] = [];
      outgoing.on('data', (bytes: Buffer) => pieces.push(String(bytes)));
      // Long enough to come in many pieces however slow this machine is at the moment.
      const long = [{ role: 'user', content: 'word '.repeat(200) }];
      await invoke(outgoing, { stream: true, messages: long }, isBase64Encoded);
      expect(head).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/event-stream' } });
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join('')).toMatch(/data: \[DONE\]\n\n$/);
    });

    it('answers an error with its status', async () => {
      const outgoing = new PassThrough();
      outgoing.resume();
      await invoke(outgoing, { model: 'nonsense' });
      expect(head?.statusCode).toBe(400);
    });

    it('leaves the agent when the caller leaves', async () => {
      ended = 0;
      const outgoing = new Writable({ write: (_, __, done) => done(new Error('left')) });
      const long = [{ role: 'user', content: 'word '.repeat(2000) }];
      await expect(invoke(outgoing, { stream: true, messages: long })).rejects.toThrow('left');
      // All of it would take ten seconds.
      expect(await within(1000, () => ended > 0)).toBe(true);
    });
  },
);

it('examples/Dockerfile runs the command of the package on the configuration beside it', async () => {
  const text = await readFile(resolve(examples, 'Dockerfile'), 'utf8');
  const manifest = JSON.parse(await readFile(resolve(examples, '../package.json'), 'utf8')) as {
    name: string;
    bin: Record<string, string>;
  };
  const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(text) ?? [];
  const file = manifest.bin['bedrock-agents-openai']?.replace('./', '');
  expect(JSON.parse(command)).toEqual([
    'node',
    `node_modules/${manifest.name}/${file}`,
    '--config',
    'config.yaml',
    '--host',
    '0.0.0.0',
  ]);
  expect(existsSync(resolve(examples, 'config.yaml'))).toBe(true);
});
