import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import {
  type Context,
  context,
  type ContextManager,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AgentEvent,
  completion,
  type CompletionParameters,
  createCompletion,
  createRouter,
} from '../../src/index.ts';
import { chunk, event, exception } from '../support/frames.ts';
import { serve, within } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

const exporter = new InMemorySpanExporter();

/** As an SDK registers it, so that spans know their parents. */
class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with = <A extends unknown[], F extends (...given: A) => ReturnType<F>>(
    active: Context,
    run: F,
    _this?: ThisParameterType<F>,
    ...given: A
  ): ReturnType<F> => this.#storage.run(active, () => run(...given));
  bind = <T>(_: Context, target: T) => target;
  enable = () => this;
  disable = () => this;
}

beforeEach(() => {
  exporter.reset();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new Contexts());
});
afterEach(() => {
  trace.disable();
  context.disable();
  vi.unstubAllEnvs();
});

const usage = { inputTokens: 10, outputTokens: 5, cacheReadInputTokens: 0 };
const modelInvocationInput = { foundationModel: 'anthropic.claude-3-haiku' };
const metadata = { modelInvocationOutput: { metadata: { usage } } };
const traces = [{ modelInvocationInput }, metadata, { modelInvocationInput }, metadata].map((orchestrationTrace) =>
  event('trace', { trace: { orchestrationTrace } }),
);

type Answer = (response: ServerResponse) => void;
const good: Answer = (response) => response.end(Buffer.concat([...traces, chunk('Hel'), chunk('lo')]));
let answer: Answer = good;
beforeEach(() => void (answer = good));
const aws = await serve((response: ServerResponse, { url }) => {
  if (!url.startsWith('/agents/')) return response.end('{"result":"Hello"}');
  response.setHeader('content-type', 'application/vnd.amazon.eventstream');
  response.setHeader('x-amzn-requestid', 'request-1');
  return answer(response);
});

const messages = [
  { role: 'system', content: 'SECRET rules' },
  { role: 'user', content: 'SECRET question' },
] as const;
const base = { ...reach(aws.url), model: agentModel, messages, litellm_session_id: 'session-7' };
const ask = (parameters: Partial<CompletionParameters> = {}) => completion({ ...base, ...parameters, stream: false });
async function* from(batches: readonly (readonly AgentEvent[])[]) {
  yield* await Promise.resolve(batches);
}
const spans = () => exporter.getFinishedSpans();

it('a call is a span after the conventions for agents', async () => {
  await ask();
  expect(spans()).toHaveLength(1);
  const [span] = spans();
  const { port } = new URL(aws.url);
  expect(span).toMatchObject({ name: `invoke_agent ${agentModel}`, kind: SpanKind.CLIENT });
  expect(span?.attributes).toEqual({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': 'aws.bedrock',
    'gen_ai.agent.name': agentModel,
    'gen_ai.request.stream': false,
    'gen_ai.conversation.id': 'session-7',
    'gen_ai.response.model': 'anthropic.claude-3-haiku',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 20,
    'gen_ai.usage.output_tokens': 10,
    'aws.request_id': 'request-1',
    'server.address': '127.0.0.1',
    'server.port': Number(port),
  });
  expect(span?.status.code).toBe(SpanStatusCode.UNSET);
});

it('says nothing of usage that nobody reported', async () => {
  await ask({ model: runtimeModel, litellm_session_id: null });
  expect(Object.keys(spans()[0]?.attributes ?? {})).not.toContain('gen_ai.usage.input_tokens');
});

it('stands below the span of the caller', async () => {
  const tracer = trace.getTracer('app');
  await tracer.startActiveSpan('request', async (parent) => {
    await ask();
    parent.end();
  });
  const [call, request] = spans();
  expect(call?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
});

describe('a stream', () => {
  it('tells when its first chunk came, and lasts to its last', async () => {
    let goOn = (): void => undefined;
    answer = (response) => {
      response.write(chunk('Hel'));
      goOn = () => response.end(chunk('lo'));
    };
    for await (const { choices } of await completion({ ...base, stream: true })) {
      // The rest comes only after this has been seen, however busy the machine is.
      if (choices[0]?.delta.content === 'Hel') setTimeout(goOn, 300);
    }
    const [span] = spans();
    const first = Number(span?.attributes['gen_ai.response.time_to_first_chunk']);
    expect(first).toBeGreaterThan(0);
    const [seconds = 0, nanoseconds = 0] = span?.duration ?? [];
    expect(seconds + nanoseconds / 1e9 - first).toBeGreaterThan(0.1);
    expect(span?.attributes['gen_ai.request.stream']).toBe(true);
  });

  it('that is left ends its span without an error', async () => {
    answer = (response) => void response.write(chunk('Hel'));
    const stream = await completion({ ...base, stream: true });
    expect(spans()).toEqual([]);
    for await (const { id } of stream) if (id) break;
    expect(await within(500, () => spans().length === 1)).toBe(true);
    expect(spans()[0]?.attributes).not.toHaveProperty('gen_ai.response.finish_reasons');
    expect(spans()[0]?.attributes).not.toHaveProperty('error.type');
    expect(spans()[0]?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('that breaks off is an error', async () => {
    answer = (response) => {
      response.write(chunk('Hel'));
      setTimeout(() => response.end(exception('throttlingException', 'Slow down.')), 20);
    };
    const stream = await completion({ ...base, stream: true });
    await expect(stream.finalChatCompletion()).rejects.toThrow();
    const [span] = spans();
    expect(span?.attributes['error.type']).toBe('RateLimitError');
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
  });
});

it('a failure is an error with its type; retries are one call', async () => {
  let calls = 0;
  answer = (response) => {
    calls++;
    response.writeHead(429, { 'x-amzn-errortype': 'ThrottlingException' }).end('{"message":"Slow down."}');
  };
  vi.spyOn(Math, 'random').mockReturnValue(0.01);
  await expect(ask({ num_retries: 1 })).rejects.toThrow();
  vi.restoreAllMocks();
  expect(calls).toBe(2);
  expect(spans()).toHaveLength(1);
  expect(spans()[0]?.attributes['error.type']).toBe('RateLimitError');
  expect(spans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR });
});

it('a failure is told in the agent’s words only where content is asked for', async () => {
  vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true');
  answer = (response) => response.writeHead(500).end('{"message":"It broke."}');
  await expect(ask()).rejects.toThrow();
  expect(spans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'It broke.' });
});

it('the port of https is told, too', async () => {
  const mine = createCompletion(() => () => {
    const events = from([[{ type: 'finish', reason: 'stop' }]]);
    return Promise.resolve({ sessionId: 's', about: { endpoint: 'https://example.com/x' }, events });
  });
  await mine({ model: 'mine', messages });
  expect(spans()[0]?.attributes).toMatchObject({ 'server.address': 'example.com', 'server.port': 443 });
});

it('an abort is no error, whatever its reason', async () => {
  const controller = new AbortController();
  answer = (response) => void response.write(chunk('Hel'));
  const stream = await completion({ ...base, stream: true, signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(stream.finalChatCompletion()).rejects.toThrow('enough');
  expect(spans()).toHaveLength(1);
  expect(spans()[0]?.status).toEqual({ code: SpanStatusCode.UNSET });
});

it('a fallback is a span of its own, a router’s call is one', async () => {
  answer = (response) => response.writeHead(500).end('{}');
  await ask({ fallbacks: [{ model: agentModel, mock_response: 'Hi' }] });
  expect(spans().map(({ attributes }) => attributes['error.type'])).toEqual(['InternalServerError', undefined]);
  exporter.reset();
  const rows = [agentModel, runtimeModel].map((model, order) => {
    return { model_name: 'group', litellm_params: { ...reach(aws.url), model, order } };
  });
  await createRouter({ model_list: rows }).completion({ model: 'group', messages: [messages[1]] });
  expect(spans().map(({ name }) => name)).toEqual(['invoke_agent group']);
});

describe('what is said', () => {
  it('stands in no span unless it is asked for', async () => {
    await ask({ tenant: 'SECRET' });
    for (const value of ['', 'false', 'NO_CONTENT', 'EVENT_ONLY']) {
      vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', value);
      await ask();
    }
    expect(JSON.stringify(spans().map(({ attributes, events }) => [attributes, events]))).not.toMatch(/SECRET|Hello/);
  });

  it.each(['true', 'SPAN_ONLY', 'span_and_event'])('stands there where the environment says %s', async (value) => {
    vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', value);
    await ask();
    const parse = (name: string): unknown => JSON.parse(String(spans()[0]?.attributes[name]));
    expect(parse('gen_ai.system_instructions')).toEqual([{ type: 'text', content: 'SECRET rules' }]);
    expect(parse('gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'SECRET question' }] },
    ]);
    expect(parse('gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }], finish_reason: 'stop' },
    ]);
  });
});

it('without an SDK there is no span, and OpenTelemetry is not even loaded', async () => {
  const script = `
    import { createRequire } from 'node:module';
    const { completion } = await import('./src/index.ts');
    await completion({ model: '${agentModel}', messages: [{ role: 'user', content: 'Hi' }], mock_response: 'Hi' });
    const files = Object.keys(createRequire(import.meta.url).cache).filter((file) => /@opentelemetry/.test(file));
    console.log(JSON.stringify([files.length, globalThis[Symbol.for('opentelemetry.js.api.1')] === undefined]));
  `;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual([0, true]);
});
