import { createHash } from 'node:crypto';
import type { InvokeHarnessCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import type { AgentRequest, AssistantTurn, ToolCall, ToolResult, Turn } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { parseFailure } from '../outcome.ts';
import { nothingNew, toText } from '../turns.ts';

type HarnessMessage = NonNullable<InvokeHarnessCommandInput['messages']>[number];
type Block = NonNullable<HarnessMessage['content']>[number];
type JsonInput = NonNullable<Block['toolUse']>['input'];

interface Message extends HarnessMessage {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

/**
 * What has to travel, as Converse has it: the whole conversation, or what is new where a session remembers the rest.
 * Throws a `BadRequestError` for what a harness cannot be told.
 */
export function toMessages({ turns, session }: AgentRequest): Message[] {
  const start = turns.findLastIndex((turn) => turn.type === 'assistant') + 1;
  const fresh = turns.slice(start);
  checkFiles(fresh);
  if (merge(fresh).length === 0) throw nothingNew();
  // A session does not keep the turn that waits for answers, so that turn goes with them.
  if (session) return merge(fresh.some((turn) => turn.type === 'results') ? turns.slice(start - 1) : fresh);
  const messages = merge(turns);
  const opening: Message = { role: 'user', content: [{ text: '(conversation begins)' }] };
  return messages[0]?.role === 'assistant' ? [opening, ...messages] : messages;
}

function checkFiles(fresh: readonly Turn[]): void {
  const parts = fresh.flatMap((turn) => (turn.type === 'user' ? turn.parts : []));
  const file = parts.find((part) => part.type === 'file');
  if (!file) return;
  throw new BadRequestError(`${file.param}: an AgentCore harness takes text only; leave the ${file.kind} out.`, {
    param: file.param,
  });
}

/** AWS takes no empty block, and neighbours of one role as one message. */
function merge(turns: readonly Turn[]): Message[] {
  const messages: Message[] = [];
  turns.forEach((turn, index) => {
    const message = toMessage(turn, turns[index + 1]);
    const last = messages.at(-1);
    if (last?.role === message.role) last.content.push(...message.content);
    else if (message.content.length > 0) messages.push(message);
  });
  return messages;
}

function toMessage(turn: Turn, next: Turn | undefined): Message {
  switch (turn.type) {
    case 'user':
      return { role: 'user', content: toTexts(toText(turn.parts)) };
    case 'assistant': {
      const results = next?.type === 'results' ? next.results : [];
      return { role: 'assistant', content: [...toTexts(turn.text), ...toCalls(turn, results)] };
    }
    case 'results':
      return { role: 'user', content: turn.results.map(toResult) };
  }
}

function toTexts(text: string): Block[] {
  return text.trim() === '' ? [] : [{ text }];
}

/** AWS takes a call only with its answer; what was called and left unanswered is told as text. */
function toCalls({ calls }: AssistantTurn, results: readonly ToolResult[]): Block[] {
  if (results.length === 0) return calls.map(({ name, arguments: json }) => ({ text: `[called ${name}(${json})]` }));
  const answered = new Set(results.map(({ id }) => id));
  if (answered.size < results.length) throw wrong('two tool messages answer the same call');
  const open = calls.find(({ id }) => !answered.has(id));
  if (open) throw wrong(`the call of ${open.name} is not answered; all calls of a message are answered together`);
  return calls.map((call) => ({ toolUse: { toolUseId: toUseId(call.id), name: call.name, input: toInput(call) } }));
}

function toInput({ name, arguments: json }: ToolCall): JsonInput {
  try {
    const value: unknown = JSON.parse(json || '{}');
    // Parsed from JSON, so whatever stands in it is JSON.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonInput;
  } catch {
    // Without the cause: its message quotes the arguments.
  }
  throw wrong(`the \`arguments\` of the call of ${name} are no JSON object`);
}

/** Text, whatever it is: the service refuses the results that its own format has for JSON. */
function toResult({ id, text }: ToolResult): Block {
  const content = [{ text: text.trim() === '' ? '(empty)' : text }];
  return { toolResult: { toolUseId: toUseId(id), content, status: parseFailure(text) ? 'error' : 'success' } };
}

/** The id of a call; one that another service gave may be longer, or spelt with more than AWS takes. */
function toUseId(id: string): string {
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(id)) return id;
  return `call_${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;
}

function wrong(why: string): BadRequestError {
  return new BadRequestError(`messages: ${why}.`, { param: 'messages' });
}
