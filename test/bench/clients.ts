import { Agent } from 'node:http';
import {
  BedrockAgentCoreClient,
  InvokeAgentRuntimeCommand,
  InvokeHarnessCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { reach } from '../support/models.ts';

const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];
const toArn = (kind: 'runtime' | 'harness', name: string) =>
  `arn:aws:bedrock-agentcore:us-west-2:123456789012:${kind}/${name}`;

/** What `completion()` takes to ask for one of the bodies. */
export const ask = {
  agent: (url: string, name: string) => ({
    model: `bedrock/agent/${name}/ALIAS`,
    messages,
    ...reach(url),
    aws_region_name: 'us-west-2',
  }),
  runtime: (url: string, name: string) => askArn(url, 'runtime', name),
  harness: (url: string, name: string) => askArn(url, 'harness', name),
};

function askArn(url: string, kind: 'runtime' | 'harness', name: string) {
  return { model: `bedrock/agentcore/${toArn(kind, name)}`, messages, ...reach(url) };
}

/** AWS's clients, on the same HTTP/1.1 as ours. */
export function createSdk(url: string) {
  const config = {
    region: 'us-west-2',
    endpoint: url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-EXAMPLE-KEY' },
    requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true }) }),
  };
  const agents = new BedrockAgentRuntimeClient(config);
  const agentcore = new BedrockAgentCoreClient(config);
  return {
    agent: (agentId: string) =>
      agents.send(
        new InvokeAgentCommand({
          agentId,
          agentAliasId: 'ALIAS',
          sessionId: `session-${crypto.randomUUID()}`,
          inputText: messages[0]?.content,
          enableTrace: true,
          streamingConfigurations: { streamFinalResponse: true },
        }),
      ),
    runtime: (name: string) =>
      agentcore.send(
        new InvokeAgentRuntimeCommand({
          agentRuntimeArn: toArn('runtime', name),
          runtimeSessionId: `session-${crypto.randomUUID()}`,
          contentType: 'application/json',
          accept: 'application/json, text/event-stream',
          payload: Buffer.from(JSON.stringify({ prompt: messages[0]?.content })),
        }),
      ),
    harness: (name: string) =>
      agentcore.send(
        new InvokeHarnessCommand({
          harnessArn: toArn('harness', name),
          runtimeSessionId: `session-${crypto.randomUUID()}`,
          messages: [{ role: 'user', content: [{ text: messages[0]?.content ?? '' }] }],
        }),
      ),
  };
}
