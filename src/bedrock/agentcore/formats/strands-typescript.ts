import type { Answer, Content } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readContent, toUsage } from './content.ts';
import { toAgentError } from './error.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

const model: Channel = { family: 'strands-typescript', name: 'model' };

const known =
  /^((model|before|after|message|contentBlock|tool|agent|node|multiAgent|interrupt|a2a|stream)[A-Z]\w*Event|modelStreamEventHook|(text|toolUse|toolResult|reasoning|cachePoint|image|document|guardContent|citations)Block|agentResult|multiAgentResult|serverCompletionEvent)$/;

/**
 * The events of a Strands agent in TypeScript: of 1.x, which wraps what its model streams; of 0.1.x and of servers that
 * unwrap it; and the result that an agent returns.
 * https://github.com/strands-agents/sdk-typescript/blob/main/src/hooks/events.ts
 */
export const strandsTypescript: Format = {
  name: 'strands-typescript',
  fields: ['type'],
  read(value, answer) {
    const type = stringIn(value, 'type');
    if (type === undefined || !known.test(type)) return false;
    // Its copy of every event comes beside the event.
    if (type !== 'modelStreamEventHook') readEvent(type, value, answer);
    return true;
  },
};

function readEvent(type: string, value: JsonValue, answer: Answer): void {
  switch (type) {
    case 'modelStreamUpdateEvent':
      return readInner(value['event'], answer);
    case 'modelMessageStartEvent':
      return answer.beginMessage();
    case 'modelContentBlockStartEvent': {
      const start = objectIn(value, 'start');
      const id = stringIn(start, 'toolUseId');
      if (id !== undefined) answer.beginCall(id, id, stringIn(start, 'name') ?? '');
      return;
    }
    case 'modelContentBlockDeltaEvent':
      return readDelta(objectIn(value, 'delta'), answer);
    case 'modelMessageStopEvent':
      return answer.endMessage(stringIn(value, 'stopReason'));
    case 'modelMetadataEvent':
      return answer.usage(toUsage(objectIn(value, 'usage')), model);
    case 'modelMessageEvent':
      return readMessage(objectIn(value, 'message'), answer, type);
    case 'messageAddedEvent':
      return readMessage(objectIn(value, 'message'), answer, type);
    // A sign that the agent runs its calls itself; what a tool says meanwhile is for the agent.
    case 'beforeToolsEvent':
    case 'beforeToolCallEvent':
      return answer.dropCalls();
    case 'agentResultEvent':
    case 'a2aResultEvent':
      return readResult(objectIn(value, 'result'), answer);
    case 'agentResult':
      return readResult(value, answer);
    case 'beforeNodeCallEvent':
      answer.at(stringIn(value, 'nodeId') ?? '');
      return answer.begin();
    case 'nodeStreamUpdateEvent':
      answer.at(stringIn(value, 'nodeId') ?? '');
      return readInner(objectIn(value, 'inner')?.['event'] ?? value['event'], answer);
    case 'nodeResultEvent': {
      answer.at(stringIn(value, 'nodeId') ?? '');
      const content = toContent(objectIn(value, 'result')?.['content']);
      if (content) answer.result(content);
      return;
    }
    case 'multiAgentResultEvent':
      return readGraph(objectIn(value, 'result') ?? {}, answer);
    case 'multiAgentResult':
      return readGraph(value, answer);
  }
}

function readInner(event: unknown, answer: Answer): void {
  const type = stringIn(event, 'type');
  if (isObject(event) && type !== undefined) readEvent(type, event, answer);
}

function readDelta(delta: JsonValue | undefined, answer: Answer): void {
  switch (stringIn(delta, 'type')) {
    case 'textDelta':
      return answer.text(stringIn(delta, 'text') ?? '', model);
    case 'reasoningContentDelta':
      return answer.reasoning(stringIn(delta, 'text') ?? '', model);
    case 'toolUseInputDelta':
      return answer.addArguments(undefined, stringIn(delta, 'input') ?? '');
  }
}

function readMessage(told: JsonValue | undefined, answer: Answer, event: string): void {
  // The loop hands tool results to the model as a message of the user.
  if (told?.['role'] !== 'assistant') return answer.begin();
  const content = toContent(told['content']);
  const channel: Channel = { family: model.family, name: event };
  if (content) answer.message(content, channel);
  answer.usage(toUsage(objectIn(objectIn(told, 'metadata'), 'usage')), channel);
}

function readResult(result: JsonValue | undefined, answer: Answer): void {
  const last = objectIn(result, 'lastMessage');
  const content = toContent(last?.['content']);
  if (content) answer.result(content);
  answer.lastUsage(toUsage(objectIn(objectIn(last, 'metadata'), 'usage')));
  answer.endMessage(stringIn(result, 'stopReason'));
}

/** The result of a graph repeats its last nodes. */
function readGraph(result: JsonValue, answer: Answer): void {
  const content = toContent(result['content']);
  if (content && content.text !== '') answer.lastResort(content.text);
  if (/failed/i.test(stringIn(result, 'status') ?? '')) answer.fail(toAgentError(result));
}

/** Blocks as 0.1.x and 1.x write them → blocks as Converse writes them. */
function toContent(blocks: unknown): Content | undefined {
  return readContent(Array.isArray(blocks) ? blocks.map(toBlock) : blocks);
}

function toBlock(block: unknown): unknown {
  const type = stringIn(block, 'type');
  if (type === 'toolUseBlock') return { toolUse: block };
  const reasoning = type === 'reasoningBlock' ? block : objectIn(block, 'reasoning');
  return reasoning ? { reasoningContent: { reasoningText: reasoning } } : block;
}
