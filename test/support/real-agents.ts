import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { AGENT_CARD_PATH, type AgentCard, type Message } from '@a2a-js/sdk';
import {
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import { type AGUIEvent, EventType } from '@ag-ui/core';
import { RunAgentInputSchema } from '@ag-ui/core/schemas';
import { EventEncoder } from '@ag-ui/encoder';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import express from 'express';
import { afterAll } from 'vitest';

const closing: (() => void)[] = [];
afterAll(() => closing.forEach((close) => close()));

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  // `listen` on a port gives an address object; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** What AWS's runtime hands to a handler, so far as agents here read it. */
export interface Handled {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly sessionId: string;
}

/** A container of AWS's own TypeScript runtime with this handler; the URL of it. */
export async function startRuntime(handler: (handled: Handled) => unknown): Promise<string> {
  // It takes a port and tells none, and it has no end but the process's.
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const app = new BedrockAgentCoreApp({
    invocationHandler: {
      // Its type knows what a handler should return; agents here return what they should not, too.
      process: ((payload: Handled['payload'], { sessionId }: { sessionId: string }) =>
        handler({ payload, sessionId })) as never,
    },
    config: { logging: { enabled: false } },
  });
  app.run({ port, host: '127.0.0.1' });
  while (!(await isOpen(port))) await new Promise((resolve) => setTimeout(resolve, 10));
  return `http://127.0.0.1:${port}`;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** A RunAgentInput as AG-UI's schema reads it. */
export type RunInput = ReturnType<typeof RunAgentInputSchema.parse>;

/** An AG-UI server of AG-UI's own schema, event types and encoder. */
export function startAgUi(run: (input: RunInput) => readonly AGUIEvent[]): Promise<string> {
  return listen((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const encoder = new EventEncoder(request.headers.accept === undefined ? {} : { accept: request.headers.accept });
      const input = RunAgentInputSchema.parse(JSON.parse(Buffer.concat(parts).toString('utf8')));
      const { threadId, runId } = input;
      response.writeHead(200, { 'content-type': encoder.getContentType() });
      const events = [{ type: EventType.RUN_STARTED, threadId, runId }, ...run(input)];
      for (const event of events) response.write(encoder.encodeSSE(event));
      response.end();
    });
  });
}

/** An A2A 0.3 server of A2A's own SDK on express, at `path`; `reply` says what the agent says to a message. */
export async function startA2A(path: string, reply: (message: Message) => string): Promise<string> {
  const executor: AgentExecutor = {
    execute({ userMessage, contextId, taskId }: RequestContext, bus: ExecutionEventBus) {
      const text = reply(userMessage);
      bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'submitted' }, history: [userMessage] });
      const artifact = { artifactId: 'answer', parts: [{ kind: 'text' as const, text }] };
      bus.publish({ kind: 'artifact-update', taskId, contextId, lastChunk: true, artifact });
      bus.publish({ kind: 'status-update', taskId, contextId, status: { state: 'completed' }, final: true });
      bus.finished();
      return Promise.resolve();
    },
    cancelTask: () => Promise.resolve(),
  };
  const app = express();
  const url = await listen(app);
  const card: AgentCard = {
    name: 'Answering agent',
    description: 'Answers.',
    protocolVersion: '0.3.0',
    version: '1.0.0',
    url: `${url}${path}`,
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
  };
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  app.use(`/${AGENT_CARD_PATH}`, agentCardHandler({ agentCardProvider: requestHandler }));
  app.use(path, jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  return url;
}
