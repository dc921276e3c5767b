import { BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import type { InvokeAgentCommandInput, ResponseStream } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLocalBedrock } from '../../src/local.ts';
import type { LocalBedrock } from '../../src/local.ts';

let bedrock: LocalBedrock;
beforeEach(async () => {
  bedrock = await startLocalBedrock();
  for (const [name, value] of Object.entries(bedrock.env)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bedrock.close();
});

async function invokeAgent(more: Partial<InvokeAgentCommandInput> = {}): Promise<ResponseStream[]> {
  const client = new BedrockAgentRuntimeClient({
    region: 'us-east-1',
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const ids = { agentId: 'ANY', agentAliasId: 'TSTALIASID', sessionId: 'session' };
  const { completion } = await client.send(new InvokeAgentCommand({ ...ids, ...more }));
  const events: ResponseStream[] = [];
  for await (const event of completion ?? []) events.push(event);
  client.destroy();
  return events;
}

function textOf(events: readonly ResponseStream[]): string {
  return Buffer.concat(events.map((event) => event.chunk?.bytes ?? new Uint8Array())).toString();
}

async function invokeRuntime(payload: string, runtimeSessionId: string): Promise<readonly unknown[]> {
  const client = new BedrockAgentCoreClient({ region: 'us-east-1', maxAttempts: 1 });
  const agentRuntimeArn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/any-abcdefghij';
  const { response } = await client.send(new InvokeAgentRuntimeCommand({ agentRuntimeArn, payload, runtimeSessionId }));
  const text = (await response?.transformToString()) ?? '';
  client.destroy();
  const frames = text.split('\n\n').slice(0, -1);
  return frames.map((frame) => JSON.parse(frame.slice('data: '.length)) as unknown);
}

function deltasOf(events: readonly unknown[]): string {
  const deltas = events as readonly { event: { contentBlockDelta?: { delta: { text: string } } } }[];
  return deltas.map(({ event }) => event.contentBlockDelta?.delta.text ?? '').join('');
}

test('the echo agent counts the turns of a session until it ends', async () => {
  const turns = [
    [{ inputText: 'One' }, 1],
    [{ inputText: 'Two', endSession: true }, 2],
    [{ inputText: 'Three' }, 1],
    [{ inputText: 'Four', sessionId: 'other' }, 1],
  ] as const;
  for (const [more, turn] of turns) {
    const events = await invokeAgent(more);
    expect(textOf(events)).toBe(`You said: ${more.inputText}\n\nThis is turn ${turn} of this session.`);
  }
});

test('the echo agent streams word by word, with a rationale and usage', async () => {
  const events = await invokeAgent({
    inputText: 'Hello there',
    enableTrace: true,
    streamingConfigurations: { streamFinalResponse: true },
  });
  expect(textOf(events)).toBe('You said: Hello there\n\nThis is turn 1 of this session.');
  expect(events.filter((event) => event.chunk)).toHaveLength(11);
  const traces = events.flatMap((event) => (event.trace?.trace ? [event.trace.trace] : []));
  expect(traces).toMatchObject([
    { orchestrationTrace: { rationale: { text: expect.any(String) as string } } },
    { orchestrationTrace: { modelInvocationInput: { foundationModel: 'anthropic.claude-3-5-sonnet-20240620-v1:0' } } },
    { orchestrationTrace: { modelInvocationOutput: { metadata: { usage: { inputTokens: 2, outputTokens: 11 } } } } },
  ]);
});

test('the echo runtime answers with the events of a Strands agent', async () => {
  const session = 'a-session-of-the-right-length-0123456789';
  const events = await invokeRuntime('{"prompt":"Hello there"}', session);
  expect(deltasOf(events)).toBe('You said: Hello there\n\nThis is turn 1 of this session.');
  expect(events[0]).toEqual({ event: { messageStart: { role: 'assistant' } } });
  expect(events.slice(-2)).toMatchObject([
    { event: { messageStop: { stopReason: 'end_turn' } } },
    { event: { metadata: { usage: { inputTokens: 2, outputTokens: 11, totalTokens: 13 } } } },
  ]);
  expect(deltasOf(await invokeRuntime('Again', session))).toBe('You said: Again\n\nThis is turn 2 of this session.');
});

test('the echo says when it was told nothing', async () => {
  expect(textOf(await invokeAgent())).toContain('no inputText');
  const session = 'b-session-of-the-right-length-0123456789';
  expect(deltasOf(await invokeRuntime('{"question":1}', session))).toContain('no prompt');
});

test('an echo answers only where nothing is configured', async () => {
  const other = await startLocalBedrock({ agents: {} });
  for (const [name, value] of Object.entries(other.env)) vi.stubEnv(name, value);
  await expect(invokeAgent({ inputText: 'Hi' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(deltasOf(await invokeRuntime('Hi', 'c-session-of-the-right-length-0123456789'))).toContain('You said: Hi');
  await other.close();
});
