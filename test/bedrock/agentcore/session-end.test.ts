import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completion, type CompletionParameters } from '../../../src/index.ts';
import { startLocalBedrock } from '../../../src/local.ts';
import { type Received, serve, within } from '../../support/loopback.ts';
import { agentModel, reach, runtimeArn, runtimeModel as model } from '../../support/models.ts';

const token = 'eyJhbGciOi.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl';
const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';
const session = { runtimeSessionId: 'a-session-that-is-long-enough-for-aws' };
const messages = [{ role: 'user', content: 'hello agent' }] as const;

type Answer = (response: ServerResponse, request: Received) => unknown;
const answerWell: Answer = (response) => response.writeHead(200).end('"Hi"');
let [answer, stop]: [Answer, Answer] = [answerWell, answerWell];
const aws = await serve((response, request) => (isStop(request) ? stop : answer)(response, request));
beforeEach(() => {
  aws.received.splice(0);
  warnings.splice(0);
  [answer, stop] = [answerWell, (response) => response.writeHead(200).end()];
});

const warnings: Error[] = [];
const onWarning = (warning: Error) => void warnings.push(warning);
beforeAll(() => void process.on('warning', onWarning));
afterAll(() => void process.off('warning', onWarning));

function isStop({ url }: Received): boolean {
  return url.includes('/stopruntimesession');
}

function stops(): readonly Received[] {
  return aws.received.filter(isStop);
}

const given = { ...reach(aws.url), model, messages, endSession: true, ...session };

async function ask(parameters: Partial<CompletionParameters> = {}) {
  const { choices } = await completion({ ...given, ...parameters, stream: false });
  return choices[0]?.message.content;
}

describe('endSession on AgentCore', () => {
  it('stops the session when the answer is whole', async () => {
    expect(await ask({ qualifier: 'prod' })).toBe('Hi');
    expect(aws.received).toHaveLength(2);
    const [asked, stopped] = aws.received;
    expect(stopped).toMatchObject({
      method: 'POST',
      headers: { [sessionHeader]: session.runtimeSessionId },
    });
    expect(stopped?.url).toBe(`/runtimes/${encodeURIComponent(runtimeArn)}/stopruntimesession?qualifier=prod`);
    expect(stopped?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/us-west-2\/bedrock-agentcore\//);
    expect(asked?.body).toBe('{"prompt":"hello agent"}');
    expect(warnings).toEqual([]);
  });

  it('stops the session that we named where the caller named none, with a JWT as well', async () => {
    const { runtimeSessionId, ...others } = given;
    await completion({ ...others, api_key: token, stream: false });
    const [asked, stopped] = aws.received;
    expect(runtimeSessionId).toBeDefined();
    expect(stopped?.headers[sessionHeader]).toBe(asked?.headers[sessionHeader]);
    expect(stopped?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it('holds up no text of a stream, and reading is over when the session is', async () => {
    let release = (): unknown => undefined;
    stop = (response) => (release = () => response.writeHead(200).end());
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: "one "\n\ndata: "two"\n\n');
    };
    const stream = await completion({ ...given, stream: true });
    const iterator = stream[Symbol.asyncIterator]();
    let text = '';
    for (let finished = false; !finished;) {
      const { value } = await iterator.next();
      text += value?.choices[0]?.delta.content ?? '';
      finished = value?.choices[0]?.finish_reason != null;
    }
    expect(text).toBe('one two');
    expect(await within(1000, () => stops().length === 1)).toBe(true);
    let over = false;
    const last = iterator.next().then((result) => (over = result.done === true));
    await sleep(50);
    expect(over).toBe(false);
    release();
    await last;
    expect(over).toBe(true);
  });

  it.each<[string, Answer]>([
    [
      'a refusal',
      (response) =>
        response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' }).end('{"message":"Not you."}'),
    ],
    ['a lost connection', (response) => response.socket?.resetAndDestroy()],
  ])('that fails leaves the answer as good, and a warning: %s', async (_, how) => {
    stop = how;
    expect(await ask()).toBe('Hi');
    expect(await within(1000, () => warnings.length > 0)).toBe(true);
    expect(warnings).toMatchObject([{ name: 'BedrockAgentsWarning', code: 'SESSION_NOT_STOPPED' }]);
    expect(warnings[0]?.message).toContain(session.runtimeSessionId);
    expect(warnings[0]?.message).toMatch(/Not you\.|was lost/);
  });

  it('that fails tells no token in its warning', async () => {
    stop = (response) => response.writeHead(401).end(JSON.stringify({ message: `No: ${token}` }));
    expect(await ask({ api_key: token })).toBe('Hi');
    expect(await within(1000, () => warnings.length > 0)).toBe(true);
    expect(`${warnings[0]?.message} ${warnings[0]?.stack}`).not.toContain(token);
  });

  it('is not waited for after an abort', async () => {
    stop = () => undefined;
    const controller = new AbortController();
    const asked = ask({ signal: controller.signal });
    expect(await within(2000, () => stops().length === 1)).toBe(true);
    controller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(await within(1000, () => warnings.length > 0)).toBe(true);
  });

  it.each<[string, Answer]>([
    ['refused', (response) => response.writeHead(400).end('{"message":"No."}')],
    ['cut short', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"H')],
  ])('is not asked for where the answer is %s', async (_, how) => {
    answer = how;
    await expect(ask()).rejects.toMatchObject({ llm_provider: 'bedrock' });
    await sleep(20);
    expect(stops()).toEqual([]);
  });

  it('is not asked for where the reader leaves', async () => {
    answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: "one"\n\n');
    const stream = await completion({ ...given, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    expect(await within(1000, () => aws.sockets.size === 0)).toBe(true);
    expect(stops()).toEqual([]);
  });

  it('is not asked for with false, and must be true or false', async () => {
    await ask({ endSession: false });
    expect(aws.received).toHaveLength(1);
    await expect(ask({ endSession: 'yes' as never })).rejects.toMatchObject({ param: 'endSession' });
    expect(aws.received).toHaveLength(1);
  });

  it('is no second request of an agent, whose own field it is', async () => {
    const asked = { ...given, model: agentModel, runtimeSessionId: null };
    await completion({ ...asked, stream: false }).catch(() => undefined);
    expect(aws.received).toMatchObject([{ body: expect.stringContaining('"endSession":true') as string }]);
  });

  it('works against the local Bedrock', async () => {
    const calls: unknown[] = [];
    const local = await startLocalBedrock({ onCall: (call) => calls.push(call) });
    const { choices } = await completion({ ...given, api_base: local.url, stream: false });
    expect(choices).toHaveLength(1);
    expect(calls).toMatchObject([
      { target: runtimeArn, status: 200 },
      { target: runtimeArn, status: 200 },
    ]);
    expect(warnings).toEqual([]);
    await local.close();
  });
});
