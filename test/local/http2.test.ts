import { BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, test } from 'vitest';
import { startLocalBedrock } from '../../src/local.ts';

test("AWS's JavaScript client for agents works as it comes, over HTTP/2, stream after stream", async () => {
  const bedrock = await startLocalBedrock();
  const client = new BedrockAgentRuntimeClient({
    endpoint: bedrock.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const say = async (inputText: string) => {
    const input = { agentId: 'HELLO', agentAliasId: 'LIVE', sessionId: 'one', inputText };
    const { completion } = await client.send(
      new InvokeAgentCommand({ ...input, streamingConfigurations: { streamFinalResponse: true } }),
    );
    const pieces: string[] = [];
    for await (const { chunk } of completion ?? []) pieces.push(Buffer.from(chunk?.bytes ?? []).toString());
    return pieces;
  };
  const first = await say('Hi');
  expect(first.length).toBeGreaterThan(3);
  expect(first.join('')).toContain('You said: Hi');
  expect((await say('Again')).join('')).toContain('turn 2');
  client.destroy();
  await bedrock.close();
});
