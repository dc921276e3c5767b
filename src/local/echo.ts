import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalAgent } from './agent-request.ts';
import type { LocalHarness } from './harness-request.ts';
import type { LocalRuntime } from './runtime-request.ts';

/** An agent that says back what it was told, word by word, and counts the turns of each session. */
export function createEchoAgent(): LocalAgent {
  return async function* echo({ inputText, turns, signal }) {
    const answer = toAnswer(inputText, 'The request has no inputText.', turns.length + 1);
    yield { rationale: 'I only say back what I am told.' };
    for (const word of toWords(answer)) {
      await sleep(pause, undefined, { signal });
      yield word;
    }
    yield {
      usage: { ...countTokens(inputText, answer), foundationModel: 'anthropic.claude-3-5-sonnet-20240620-v1:0' },
    };
  };
}

/** A runtime that does the same with the payload's `prompt`, in the events of a Strands agent. */
export function createEchoRuntime(): LocalRuntime {
  const turns = new Map<string, number>();
  return async function* echo({ arn, payload, sessionId, signal }) {
    const prompt = readPrompt(payload);
    const session = `${arn}/${sessionId}`;
    const turn = (turns.get(session) ?? 0) + 1;
    turns.set(session, turn);
    const answer = toAnswer(prompt, 'The payload has no prompt.', turn);
    const { inputTokens, outputTokens } = countTokens(prompt, answer);
    yield { event: { messageStart: { role: 'assistant' } } };
    for (const text of toWords(answer)) {
      await sleep(pause, undefined, { signal });
      yield { event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } };
    }
    yield { event: { contentBlockStop: { contentBlockIndex: 0 } } };
    yield { event: { messageStop: { stopReason: 'end_turn' } } };
    const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
    yield { event: { metadata: { usage, metrics: { latencyMs: 1 } } } };
  };
}

/** A harness that says back what the user said, word by word, and counts the turns of each session. */
export function createEchoHarness(): LocalHarness {
  return async function* echo({ text, earlier, messages, signal }) {
    const answers = [...earlier, ...messages].filter(({ role }) => role === 'assistant');
    const answer = toAnswer(text, 'The last message has no text.', answers.length + 1);
    yield { reasoning: 'I only say back what I am told.' };
    for (const word of toWords(answer)) {
      await sleep(pause, undefined, { signal });
      yield word;
    }
    yield { usage: countTokens(text, answer) };
  };
}

/** Milliseconds between two words: enough to see that they stream. */
const pause = 5;

function readPrompt(payload: unknown): string | undefined {
  if (typeof payload === 'string' && payload !== '') return payload;
  if (typeof payload !== 'object' || payload === null || !('prompt' in payload)) return undefined;
  return typeof payload.prompt === 'string' ? payload.prompt : JSON.stringify(payload.prompt);
}

function toAnswer(said: string | undefined, nothing: string, turn: number): string {
  const echo = said === undefined ? nothing : `You said: ${said}`;
  return `${echo}\n\nThis is turn ${turn} of this session.`;
}

function toWords(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [];
}

function countTokens(said: string | undefined, answer: string): { inputTokens: number; outputTokens: number } {
  return { inputTokens: toWords(said ?? '').length, outputTokens: toWords(answer).length };
}
