import type { InvokeAgentCommandInput, SessionState } from '@aws-sdk/client-bedrock-agent-runtime';
import type { InvokeAgentRuntimeCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import { describe, expect, test } from 'vitest';
import { agentRuntimeArn, invokeAgent, invokeRuntime, start, textOf } from './clients.ts';

const pattern = 'satisfy regular expression pattern: ';
const functionResult = { actionGroup: 'group', function: 'f', responseBody: { TEXT: { body: 'done' } } };
const knowledgeBase = {
  retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 1 } },
};

function files(count: number, bytes = 1): SessionState {
  const byteContent = { mediaType: 'text/plain', data: new Uint8Array(bytes) };
  const file = { name: 'a.txt', useCase: 'CHAT', source: { sourceType: 'BYTE_CONTENT', byteContent } } as const;
  return { files: Array.from({ length: count }, () => file) };
}

function history(...texts: string[]): SessionState {
  return { conversationHistory: { messages: [{ role: 'user', content: texts.map((text) => ({ text })) }] } };
}

describe('InvokeAgent', () => {
  test.each<[Partial<InvokeAgentCommandInput>, string]>([
    [{ agentId: 'LONGERTHANTEN' }, "'LONGERTHANTEN' at 'agentId' …have length less than or equal to 10"],
    [{ agentId: 'a_b' }, `'a_b' at 'agentId' …${pattern}[0-9a-zA-Z]+`],
    [{ agentAliasId: 'a-b' }, `'a-b' at 'agentAliasId' …${pattern}[0-9a-zA-Z]+`],
    [{ sessionId: 'x' }, "'x' at 'sessionId' …have length greater than or equal to 2"],
    [{ sessionId: 'x'.repeat(101) }, "at 'sessionId' …have length less than or equal to 100"],
    [{ sessionId: 'a b/€' }, `'a b/€' at 'sessionId' …${pattern}[0-9a-zA-Z._:-]+`],
    [{ memoryId: 'x' }, "'x' at 'memoryId' …have length greater than or equal to 2"],
    [{ inputText: 'x'.repeat(25_000_001) }, "at 'inputText' …have length less than or equal to 25000000"],
    [{ sourceArn: 'arn:aws:s3:::a' }, `'arn:aws:s3:::a' at 'sourceArn' …${pattern}arn:aws(-[^:]+)?:bedrock:`],
    [
      { streamingConfigurations: { applyGuardrailInterval: 0 } },
      "'0' at 'streamingConfigurations.applyGuardrailInterval' …have value greater than or equal to 1",
    ],
    [
      { promptCreationConfigurations: { previousConversationTurnsToInclude: -1 } },
      "'-1' at 'promptCreationConfigurations.previousConversationTurnsToInclude' …have value greater than or equal to 0",
    ],
    [
      { bedrockModelConfigurations: { performanceConfig: { latency: 'fast' as 'standard' } } },
      "'fast' at 'bedrockModelConfigurations.performanceConfig.latency' …satisfy enum value set: [standard, optimized]",
    ],
    [
      { sessionState: { returnControlInvocationResults: [] } },
      "at 'sessionState.returnControlInvocationResults' …have length greater than or equal to 1",
    ],
    [
      { sessionState: { returnControlInvocationResults: Array.from({ length: 6 }, () => ({ functionResult })) } },
      "at 'sessionState.returnControlInvocationResults' …have length less than or equal to 5",
    ],
    [
      { sessionState: { knowledgeBaseConfigurations: [{ knowledgeBaseId: 'a-b', ...knowledgeBase }] } },
      `'a-b' at 'sessionState.knowledgeBaseConfigurations.1.member.knowledgeBaseId' …${pattern}`,
    ],
    [
      { sessionState: files(1, 0) },
      "'' at 'sessionState.files.1.member.source.byteContent.data' …have length greater than or equal to 1",
    ],
    [
      { sessionState: { files: [{ name: undefined, useCase: 'CHAT', source: { sourceType: 'S3' } }] } },
      "null at 'sessionState.files.1.member.name' …not be null",
    ],
    [
      { sessionState: { conversationHistory: { messages: [{ role: 'system' as 'user', content: [{ text: 'x' }] }] } } },
      "'system' at 'sessionState.conversationHistory.messages.1.member.role' …satisfy enum value set: [user, assistant]",
    ],
  ])('refuses %#: $1', async (input, expected) => {
    const { error } = await invokeAgent(await start({}), input);
    const message = expected.replace('…', 'failed to satisfy constraint: Member must ');
    expect(error?.message).toContain(`1 validation error detected: Value ${message}`);
    expect(error).toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
    expect(error?.message.length).toBeLessThan(300);
  });

  test('names all that is wrong, in the words that AWS was recorded with', async () => {
    const { error } = await invokeAgent(await start({}), { agentId: 'agent_id', agentAliasId: 'agent_alias' });
    expect(error?.message).toBe(
      "3 validation errors detected: Value 'agent_id' at 'agentId' failed to satisfy constraint: " +
        "Member must satisfy regular expression pattern: [0-9a-zA-Z]+; Value 'agent_alias' at 'agentAliasId' failed " +
        "to satisfy constraint: Member must have length less than or equal to 10; Value 'agent_alias' at 'agentAliasId' " +
        'failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z]+',
    );
  });

  test.each([files(6), files(2, 5_242_881)])('refuses too many and too large files: %#', async (sessionState) => {
    const { error } = await invokeAgent(await start({}), { sessionState });
    expect(error).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('At most 5 files') as string,
    });
  });

  test('refuses empty text in a conversation', async () => {
    const { error } = await invokeAgent(await start({}), { sessionState: history('Hi', '') });
    expect(error).toMatchObject({
      name: 'ValidationException',
      message:
        'The conversation history that you provided is incorrectly formatted. ' +
        'The text in content block cannot be null or empty.',
    });
  });

  test('takes what is just within the limits', async () => {
    const { error, events } = await invokeAgent(await start({}), {
      agentId: 'ABCDEFGHIJ',
      sessionId: 'a.b_c:d-'.repeat(12),
      memoryId: 'me',
      sourceArn: 'arn:aws:bedrock:us-east-1:123456789012:agent/ABCDEFGHIJ',
      sessionState: { ...files(5, 2_097_152), ...history('Hi') },
    });
    expect(error).toBeUndefined();
    expect(textOf(events)).toContain('You said: Hi');
  });
});

describe('InvokeAgentRuntime', () => {
  test.each<[Partial<InvokeAgentRuntimeCommandInput>, string]>([
    [{ runtimeSessionId: 'x'.repeat(32) }, "'runtimeSessionId' …have length greater than or equal to 33"],
    [{ runtimeSessionId: 'x'.repeat(257) }, "'runtimeSessionId' …have length less than or equal to 256"],
    [{ runtimeUserId: 'x'.repeat(1025) }, "'runtimeUserId' …have length less than or equal to 1024"],
    [{ accountId: '12345678901' }, `'accountId' …${pattern}[0-9]{12}`],
    [{ qualifier: '' }, "'qualifier' …have length greater than or equal to 1"],
    [{ accept: 'x'.repeat(257) }, "'accept' …have length less than or equal to 256"],
    [{ traceParent: 'x'.repeat(129) }, "'traceParent' …have length less than or equal to 128"],
    [{ payload: new Uint8Array(100_000_001) }, "'payload' …have length less than or equal to 100000000"],
  ])('refuses %#: $1', async (input, expected) => {
    const { error } = await invokeRuntime(await start({}), input);
    expect(error?.message).toContain(expected.replace('…', 'failed to satisfy constraint: Member must '));
    expect(error).toMatchObject({
      name: 'ValidationException',
      reason: 'FieldValidationFailed',
      $metadata: { httpStatusCode: 400 },
    });
    expect(error?.message.length).toBeLessThan(200);
  });

  test('finds a runtime by its id and account, and asks for the account', async () => {
    const bedrock = await start({ runtimes: { [agentRuntimeArn]: () => 'found' } });
    const byId = { agentRuntimeArn: 'my_agent-abcdefghij' };
    expect(await invokeRuntime(bedrock, { ...byId, accountId: '123456789012' })).toMatchObject({ text: '"found"' });
    const other = await invokeRuntime(bedrock, { ...byId, accountId: '210987654321' });
    expect(other.error).toMatchObject({ name: 'ResourceNotFoundException' });
    const without = await invokeRuntime(bedrock, byId);
    expect(without.error).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('accountId') as string,
    });
  });
});
