import type { Attributes } from '@opentelemetry/api';
import type { Agent, AgentEvent, AgentRequest, AgentResponse } from '../agent.ts';
import { APIError } from '../errors.ts';
import { createContent, isContentAsked, toReason } from './telemetry-content.ts';
import { watch } from './watch.ts';

/**
 * A span for each call, after OpenTelemetry's conventions for agents, where an SDK is registered; nothing otherwise.
 * What is said stands in it only when `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` asks for it.
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
export function telemetry(agent: Agent, model: string): Agent {
  return (request) => (isRegistered() ? trace(agent, model, request) : agent(request));
}

/** Where every version 1 of OpenTelemetry's API keeps what an SDK registers; so it is loaded only when it is used. */
const registry = Symbol.for('opentelemetry.js.api.1');

function isRegistered(): boolean {
  return (globalThis as { readonly [registry]?: { readonly trace?: unknown } })[registry]?.trace !== undefined;
}

async function trace(agent: Agent, model: string, request: AgentRequest): Promise<AgentResponse> {
  const { context, SpanKind, SpanStatusCode, trace: api } = await import('@opentelemetry/api');
  const began = performance.now();
  const span = api.getTracer('bedrock-agents-openai').startSpan(`invoke_agent ${model}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.agent.name': model,
      'gen_ai.request.stream': request.stream,
    },
  });
  const content = isContentAsked() ? createContent(request) : undefined;
  const end = (error?: unknown) => {
    const hasLeft = request.signal?.aborted === true && error === request.signal.reason;
    // Whoever stops to read has heard enough; nothing went wrong.
    if (error !== undefined && !hasLeft && toName(error) !== 'AbortError') {
      span.setAttribute('error.type', toName(error));
      // Only our own errors are known to hold nothing secret; those of an agent are in its words, which are content.
      const isTold = content !== undefined && error instanceof APIError;
      span.setStatus({ code: SpanStatusCode.ERROR, ...(isTold && { message: error.message }) });
    }
    span.end();
  };
  if (content) span.setAttributes(content.input);
  try {
    const response = await context.with(api.setSpan(context.active(), span), () => agent(request));
    const seconds = (performance.now() - began) / 1000;
    span.setAttributes({
      ...toAttributes(response),
      ...(request.stream && { 'gen_ai.response.time_to_first_chunk': seconds }),
    });
    const answer = createAnswer();
    return watch(response, request.signal, {
      onEvents: (events) => {
        answer.read(events);
        content?.read(events);
      },
      onEnd: (error) => {
        span.setAttributes({ ...answer.toAttributes(), ...content?.toOutput() });
        end(error);
      },
    });
  } catch (error) {
    end(error);
    throw error;
  }
}

function toAttributes({ sessionId, requestId, about }: AgentResponse): Attributes {
  const server = about.endpoint === undefined ? undefined : new URL(about.endpoint);
  return {
    'gen_ai.conversation.id': sessionId,
    ...(requestId !== undefined && { 'aws.request_id': requestId }),
    ...(server && { 'server.address': server.hostname }),
    ...(server && { 'server.port': Number(server.port || (server.protocol === 'https:' ? 443 : 80)) }),
  };
}

function createAnswer() {
  const usage = { input: 0, output: 0, cached: 0 };
  let isReported = false;
  const attributes: Attributes = {};

  function read(events: readonly AgentEvent[]): void {
    for (const event of events) {
      if (event.type === 'finish') attributes['gen_ai.response.finish_reasons'] = [toReason(event.reason)];
      if (event.type !== 'usage') continue;
      if (event.total) Object.assign(usage, { input: 0, output: 0, cached: 0 });
      isReported = true;
      usage.input += event.inputTokens;
      usage.output += event.outputTokens;
      usage.cached += event.cachedTokens ?? 0;
      if (event.model !== undefined) attributes['gen_ai.response.model'] = event.model;
    }
  }

  return {
    read,
    toAttributes: (): Attributes => ({
      ...attributes,
      ...(isReported && { 'gen_ai.usage.input_tokens': usage.input, 'gen_ai.usage.output_tokens': usage.output }),
      ...(usage.cached > 0 && { 'gen_ai.usage.cache_read.input_tokens': usage.cached }),
    }),
  };
}

function toName(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER';
}
