// Checked by `npm run typecheck`, never run.
import type OpenAI from 'openai';
import {
  acompletion,
  type AgentEvent,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatMessage,
  type ChatTool,
  completion,
  type CompletionParameters,
  type CompletionStream,
} from '../../src/index.ts';

declare const ours: { whole: ChatCompletion; chunk: ChatCompletionChunk; parameters: CompletionParameters };
declare const theirs: OpenAI.ChatCompletionFunctionTool[];
declare const model: string;

// Ours go wherever OpenAI's go.
ours.whole satisfies OpenAI.ChatCompletion;
ours.chunk satisfies OpenAI.ChatCompletionChunk;
ours.whole.choices[0]?.message satisfies OpenAI.ChatCompletionMessageParam | undefined;

// Messages and tools written for OpenAI's SDK are taken, but for what OpenAI itself has given up.
declare const kept: Extract<OpenAI.ChatCompletionMessageParam, { role: 'system' | 'developer' | 'user' | 'tool' }>[];
kept satisfies readonly ChatMessage[];
theirs satisfies readonly ChatTool[];

// An answer is a message of the next request.
declare const answer: ChatCompletion['choices'][number]['message'];
answer satisfies ChatMessage;

const messages: ChatMessage[] = [{ role: 'user', content: 'hi' }];

// How an answer is read is a name or a function.
'ag-ui' satisfies CompletionParameters['agent_format'];
((value: unknown): AgentEvent[] => [
  { type: 'text', text: String(value) },
]) satisfies CompletionParameters['agent_format'];
// @ts-expect-error: what it returns are events.
((value: unknown) => [String(value)]) satisfies CompletionParameters['agent_format'];

// The overloads, by `stream`.
(await completion({ model, messages, stream: true })) satisfies CompletionStream;
(await completion({ model, messages })) satisfies ChatCompletion;
(await completion({ model, messages, stream: false })) satisfies ChatCompletion;
(await completion(ours.parameters)) satisfies ChatCompletion | CompletionStream;
acompletion satisfies typeof completion;

// Custom parameters pass; known ones keep their types.
await completion({ model, messages, invocationId: 'x', qualifier: 'prod', anything: { at: ['all'] } });
await completion({ model, messages, tools: [...theirs, { type: 'remote_mcp', name: 'docs' }] });
// @ts-expect-error no such tool
await completion({ model, messages, tools: [{ type: 'remote_mpc' }] });
// A token and a payload may be a function's.
await completion({ model, messages, api_key: () => Promise.resolve('jwt'), payload_format: 'ag-ui' });
await completion({
  model,
  messages,
  payload_format: ({ prompt, turns }) => ({ question: prompt, turns: turns.length }),
});
// @ts-expect-error no such form
await completion({ model, messages, payload_format: 'mcp' });
await completion({
  model,
  messages,
  fallbacks: [model, { model, timeout: 3 }],
  retry_policy: { RateLimitErrorRetries: 3 },
});
await completion({
  model,
  messages,
  mock_response: ours.whole,
  mock_tool_calls: ours.whole.choices[0]?.message.tool_calls ?? [],
});
// @ts-expect-error fallbacks are a list
await completion({ model, messages, fallbacks: model });
// @ts-expect-error temperature is a number
await completion({ model, messages, temperature: 'hot' });
// @ts-expect-error seconds are a number
await completion({ model, messages, timeout: '3' });
// @ts-expect-error the messages are missing
await completion({ model });
// @ts-expect-error no such role
await completion({ model, messages: [{ role: 'robot', content: 'hi' }] });
// @ts-expect-error a qualifier is a string
await completion({ model, messages, qualifier: 1 });
// @ts-expect-error a session id is a string
await completion({ model, messages, runtimeSessionId: 33 });
