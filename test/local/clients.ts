import { BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import type { InvokeAgentCommandInput, ResponseStream } from '@aws-sdk/client-bedrock-agent-runtime';
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import type { InvokeAgentRuntimeCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { onTestFinished } from 'vitest';
import { startLocalBedrock } from '../../src/local.ts';
import type { LocalBedrock, LocalBedrockOptions } from '../../src/local.ts';

export const agentRuntimeArn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-abcdefghij';

/** A local Bedrock that is closed after the test. */
export async function start(options: LocalBedrockOptions): Promise<LocalBedrock> {
  const bedrock = await startLocalBedrock(options);
  onTestFinished(bedrock.close);
  return bedrock;
}

/** What AWS's own client makes of an agent's answer: its events, and what was thrown before or after them. */
export async function invokeAgent(
  { url }: Pick<LocalBedrock, 'url'>,
  input: Partial<InvokeAgentCommandInput> = {},
  abortSignal: AbortSignal = new AbortController().signal,
): Promise<{ events: ResponseStream[]; error?: Error }> {
  const client = new BedrockAgentRuntimeClient({
    region: 'us-east-1',
    endpoint: url,
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const events: ResponseStream[] = [];
  try {
    const ids = { agentId: 'AGENT', agentAliasId: 'ALIAS', sessionId: 'session', inputText: 'Hi' };
    const { completion } = await client.send(new InvokeAgentCommand({ ...ids, ...input }), { abortSignal });
    for await (const event of completion ?? []) events.push(event);
    return { events };
  } catch (error) {
    return { events, error: error as Error };
  } finally {
    client.destroy();
  }
}

/** The text of an answer. */
export function textOf(events: readonly ResponseStream[]): string {
  return Buffer.concat(events.map((event) => event.chunk?.bytes ?? new Uint8Array())).toString();
}

/** What AWS's own client makes of a runtime's answer: its status, its text, and what was thrown before or in it. */
export async function invokeRuntime(
  { url }: LocalBedrock,
  input: Partial<InvokeAgentRuntimeCommandInput> = {},
  abortSignal: AbortSignal = new AbortController().signal,
): Promise<{ status?: number | undefined; contentType?: string | undefined; text: string; error?: Error }> {
  const client = new BedrockAgentCoreClient({ region: 'us-east-1', endpoint: url, maxAttempts: 1 });
  let text = '';
  try {
    const payload = '{"prompt":"Hi"}';
    const command = new InvokeAgentRuntimeCommand({ agentRuntimeArn, payload, ...input });
    const { response, statusCode, contentType } = await client.send(command, { abortSignal });
    const decoder = new TextDecoder();
    // In Node the body is an IncomingMessage.
    for await (const bytes of response as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(bytes, { stream: true });
    }
    return { status: statusCode, contentType, text };
  } catch (error) {
    return { text, error: error as Error };
  } finally {
    client.destroy();
  }
}
