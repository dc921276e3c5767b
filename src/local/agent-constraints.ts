import type { AgentCall } from './agent-request.ts';
import { checkConstraints } from './constraints.ts';
import type { Constraint } from './constraints.ts';
import { awsException } from './exceptions.ts';
import { isRecord, toList, toRecord } from './json.ts';
import type { JsonObject } from './json.ts';

/** Throws the ValidationException that AWS would send for a call with ids, sizes or a conversation that InvokeAgent does not take. */
export function checkAgentCall(call: AgentCall, body: JsonObject): void {
  const state = toRecord(body['sessionState']);
  checkConstraints([
    { field: 'agentId', value: call.agentId, ...shortId },
    { field: 'agentAliasId', value: call.agentAliasId, ...shortId },
    { field: 'sessionId', value: call.sessionId, ...longId },
    { field: 'sourceArn', value: call.sourceArn, most: 2048, pattern: agentArn },
    { field: 'memoryId', value: body['memoryId'], ...longId },
    { field: 'inputText', value: body['inputText'], most: 25_000_000 },
    ...configurations(body),
    ...toList(state['files']).flatMap(file),
    ...messagesOf(state).map(({ role }, index) => ({
      field: `sessionState.conversationHistory.messages.${index + 1}.member.role`,
      value: role,
      required: true,
      among: ['user', 'assistant'],
    })),
    { field: 'sessionState.returnControlInvocationResults', value: state[results], least: 1, most: 5 },
    { field: 'sessionState.knowledgeBaseConfigurations', value: state['knowledgeBaseConfigurations'], least: 1 },
    ...toList(state['knowledgeBaseConfigurations']).map((configuration, index) => ({
      field: `sessionState.knowledgeBaseConfigurations.${index + 1}.member.knowledgeBaseId`,
      value: configuration['knowledgeBaseId'],
      required: true,
      ...shortId,
    })),
  ]);
  checkFiles(toList(state['files']));
  checkHistory(messagesOf(state));
}

const results = 'returnControlInvocationResults';
const shortId = { most: 10, pattern: /^[0-9a-zA-Z]+$/ };
const longId = { least: 2, most: 100, pattern: /^[0-9a-zA-Z._:-]+$/ };
const agentArn = /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:agent\/[0-9a-zA-Z]{10}$/;
const megabytes10 = 10_485_760;

function configurations(body: JsonObject): readonly Constraint[] {
  const model = toRecord(toRecord(body['bedrockModelConfigurations'])['performanceConfig']);
  const streaming = toRecord(body['streamingConfigurations']);
  const prompt = toRecord(body['promptCreationConfigurations']);
  return [
    {
      field: 'bedrockModelConfigurations.performanceConfig.latency',
      value: model['latency'],
      among: ['standard', 'optimized'],
    },
    {
      field: 'streamingConfigurations.applyGuardrailInterval',
      value: streaming['applyGuardrailInterval'],
      least: 1,
    },
    {
      field: 'promptCreationConfigurations.previousConversationTurnsToInclude',
      value: prompt['previousConversationTurnsToInclude'],
      least: 0,
    },
  ];
}

function file(given: JsonObject, index: number): readonly Constraint[] {
  const field = `sessionState.files.${index + 1}.member`;
  const source = toRecord(given['source']);
  const bytes = source['byteContent'];
  const s3 = source['s3Location'];
  return [
    { field: `${field}.name`, value: given['name'], required: true },
    { field: `${field}.useCase`, value: given['useCase'], required: true, among: ['CODE_INTERPRETER', 'CHAT'] },
    { field: `${field}.source.sourceType`, value: source['sourceType'], required: true, among: ['S3', 'BYTE_CONTENT'] },
    ...(isRecord(bytes)
      ? [
          { field: `${field}.source.byteContent.mediaType`, value: bytes['mediaType'], required: true },
          { field: `${field}.source.byteContent.data`, value: bytes['data'], required: true, least: 1 },
        ]
      : []),
    ...(isRecord(s3)
      ? [{ field: `${field}.source.s3Location.uri`, value: s3['uri'], required: true, least: 1, most: 1024 }]
      : []),
  ];
}

function checkFiles(files: readonly JsonObject[]): void {
  const sizes = files.map((given) => toRecord(toRecord(given['source'])['byteContent'])['data']);
  const size = sizes.reduce<number>((sum, data) => sum + (typeof data === 'string' ? byteLength(data) : 0), 0);
  if (files.length <= 5 && size <= megabytes10) return;
  throw awsException(
    'ValidationException',
    `At most 5 files of 10 MB together can be attached; there are ${files.length} of ${size} bytes.`,
  );
}

function byteLength(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

/** The messages of an earlier conversation that a call brings along. */
export function messagesOf(state: JsonObject): readonly JsonObject[] {
  return toList(toRecord(state['conversationHistory'])['messages']);
}

function checkHistory(messages: readonly JsonObject[]): void {
  for (const message of messages) {
    for (const { text } of toList(message['content'])) {
      if (text === undefined || text === null || text === '') {
        throw awsException('ValidationException', emptyText);
      }
    }
  }
}

// The service's own words, as users have reported them.
const emptyText =
  'The conversation history that you provided is incorrectly formatted. The text in content block cannot be null or empty.';
