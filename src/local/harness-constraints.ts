import { checkConstraints } from './constraints.ts';
import type { Constraint } from './constraints.ts';
import { awsException } from './exceptions.ts';
import type { HarnessCall } from './harness-request.ts';
import { isRecord, toList, toRecord } from './json.ts';
import type { JsonObject } from './json.ts';

/** Throws the ValidationException that AWS would send for a call with ids, sizes, tools or a conversation that InvokeHarness does not take. */
export function checkHarnessCall(call: HarnessCall, body: JsonObject): void {
  const messages = toList(body['messages']);
  checkConstraints([
    { field: 'harnessArn', value: call.arn, pattern: harnessArn },
    { field: 'qualifier', value: call.qualifier, pattern: endpointName },
    { field: 'runtimeSessionId', value: call.sessionId, required: true, least: 33, most: 100, pattern: sessionId },
    { field: 'messages', value: body['messages'], required: true },
    ...messages.flatMap(message),
    ...toList(body['systemPrompt']).map(({ text }, index) => ({
      field: `systemPrompt.${index + 1}.member.text`,
      value: text,
      least: 1,
    })),
    ...toList(body['tools']).flatMap(tool),
    ...Object.entries(toRecord(body['model'])).flatMap(([name, config]) => model(`model.${name}`, toRecord(config))),
  ]);
  if (Object.keys(toRecord(body['model'])).length > 1) throw refusal('Only one member of model can be set.');
  checkConversation(messages);
}

const harnessArn =
  /^arn:([^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:harness\/[a-zA-Z][a-zA-Z0-9_]{0,39}-[a-zA-Z0-9]{10}$/;
const endpointName = /^[a-zA-Z][a-zA-Z0-9_]{0,47}$/;
const sessionId = /^[a-zA-Z0-9][a-zA-Z0-9-_]*$/;
const name = { least: 1, most: 64, pattern: /^[a-zA-Z0-9_-]+$/ };
const toolTypes = [
  'remote_mcp',
  'agentcore_browser',
  'agentcore_gateway',
  'inline_function',
  'agentcore_code_interpreter',
];

function message({ role, content }: JsonObject, index: number): readonly Constraint[] {
  const field = `messages.${index + 1}.member`;
  return [
    { field: `${field}.role`, value: role, required: true, among: ['user', 'assistant'] },
    { field: `${field}.content`, value: content, required: true },
    ...toList(content).flatMap((block, at) => contentBlock(`${field}.content.${at + 1}.member`, block)),
  ];
}

function contentBlock(field: string, { text, toolUse, toolResult }: JsonObject): readonly Constraint[] {
  const constraints: Constraint[] = [{ field: `${field}.text`, value: text, least: 1 }];
  if (isRecord(toolUse)) {
    constraints.push(
      { field: `${field}.toolUse.name`, value: toolUse['name'], required: true, ...name },
      { field: `${field}.toolUse.toolUseId`, value: toolUse['toolUseId'], required: true, ...name },
      { field: `${field}.toolUse.input`, value: toolUse['input'], required: true },
    );
  }
  if (isRecord(toolResult)) {
    const { toolUseId, content, status } = toolResult;
    constraints.push(
      { field: `${field}.toolResult.toolUseId`, value: toolUseId, required: true, ...name },
      { field: `${field}.toolResult.content`, value: content, required: true },
      { field: `${field}.toolResult.status`, value: status, among: ['success', 'error'] },
      ...toList(content).map(({ text }, at) => ({
        field: `${field}.toolResult.content.${at + 1}.member.text`,
        value: text,
        least: 1,
      })),
    );
  }
  return constraints;
}

function tool(given: JsonObject, index: number): readonly Constraint[] {
  const field = `tools.${index + 1}.member`;
  const inline = toRecord(given['config'])['inlineFunction'];
  return [
    { field: `${field}.type`, value: given['type'], required: true, among: toolTypes },
    { field: `${field}.name`, value: given['name'], ...name },
    ...(isRecord(inline)
      ? [
          {
            field: `${field}.config.inlineFunction.description`,
            value: inline['description'],
            required: true,
            least: 1,
            most: 4096,
          },
          { field: `${field}.config.inlineFunction.inputSchema`, value: inline['inputSchema'], required: true },
        ]
      : []),
  ];
}

function model(field: string, { modelId, maxTokens, temperature, topP }: JsonObject): readonly Constraint[] {
  return [
    { field: `${field}.modelId`, value: modelId, required: true },
    { field: `${field}.maxTokens`, value: maxTokens, least: 1 },
    { field: `${field}.temperature`, value: temperature, least: 0, most: 2 },
    { field: `${field}.topP`, value: topP, least: 0, most: 1 },
  ];
}

/** What a harness's model refuses; its words are those that users have reported. */
function checkConversation(messages: readonly JsonObject[]): void {
  if (messages.length === 0) throw refusal('messages must not be empty.');
  messages.forEach(({ role, content }, index) => {
    const before = messages[index - 1];
    if (role === before?.['role']) throw refusal('roles must alternate between "user" and "assistant".');
    const blocks = toList(content);
    if (blocks.length === 0) throw refusal(`The content field at messages.${index} is empty.`);
    const asked = idsOf(toList(before?.['content']), 'toolUse');
    const answered = idsOf(blocks, 'toolResult');
    if (answered.length > asked.length) {
      throw refusal(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      );
    }
    const open = asked.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      throw refusal(
        `Expected toolResult blocks at messages.${index}.content for the following Ids: ${open.join(', ')}`,
      );
    }
  });
  if (messages.at(-1)?.['role'] !== 'user') throw refusal('A conversation must end with a user message.');
}

function idsOf(blocks: readonly JsonObject[], kind: 'toolUse' | 'toolResult'): readonly unknown[] {
  return blocks.flatMap((block) => (isRecord(block[kind]) ? [block[kind]['toolUseId']] : []));
}

function refusal(message: string): Error {
  return awsException('ValidationException', message);
}
