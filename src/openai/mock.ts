import * as z from 'zod/mini';
import type { AgentEvent, FinishReason, Mock } from '../agent.ts';
import * as errors from '../errors.ts';
import type { CheckedParameters } from './schema.ts';

type Given = Pick<CheckedParameters, 'mock_response' | 'mock_tool_calls' | 'mock_delay' | 'mock_timeout'>;

/** LiteLLM's `mock_*` parameters → the answer that they stand for. Throws a `BadRequestError` for one that is none. */
export function parseMock(given: Given): Mock | undefined {
  const { mock_response: response, mock_tool_calls: calls, mock_delay: delay, mock_timeout: timesOut } = given;
  // A delay alone would delay an agent's answer.
  if (response == null && calls == null && !timesOut) return undefined;
  return {
    ...toAnswer(response ?? '', calls ?? []),
    ...(delay != null && { delay }),
    ...(timesOut && { timesOut }),
  };
}

function toAnswer(response: unknown, calls: Calls): Pick<Mock, 'events' | 'error'> {
  if (response instanceof Error) return { events: [], error: response };
  if (typeof response !== 'string') return { events: toEvents(parseCompletion(response)) };
  const error = toError(response);
  if (error) return { events: [], error };
  // LiteLLM's word for an answer that breaks off.
  if (response.startsWith('Exception: mock_streaming_error')) {
    return {
      events: toTexts(response),
      error: new errors.InternalServerError('The mock broke off, as it was told to.'),
    };
  }
  return { events: toEvents({ content: response, calls, usage: { prompt_tokens: 10, completion_tokens: 20 } }) };
}

/** `litellm.RateLimitError`, with or without more behind it. */
function toError(text: string): Error | undefined {
  const isRefused = text === 'Exception: content_filter_policy';
  const name = isRefused ? 'ContentPolicyViolationError' : /^litellm\.(\w+)/.exec(text)?.[1];
  const found = Object.entries(errors).find(([each]) => each === name)?.[1];
  // Beside the classes, the module exports functions, whose prototypes have no errors in their chain.
  const isClass = typeof found === 'function' && found.prototype instanceof errors.APIError;
  const Same = isClass ? (found as typeof errors.APIError) : undefined;
  return Same && new Same(`This is a mock: ${text}`);
}

interface Answer {
  readonly content?: string | null | undefined;
  readonly reasoning?: string | null | undefined;
  readonly calls?: Calls | null | undefined;
  readonly finish?: string | null | undefined;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null | undefined;
}

type Calls = readonly {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}[];

function toEvents({ content, reasoning, calls, finish, usage }: Answer): AgentEvent[] {
  const made = (calls ?? []).map(({ id, function: { name, arguments: json } }) => {
    return { type: 'tool-call' as const, id, name, arguments: json };
  });
  const byDefault = made.length > 0 ? 'tool-calls' : 'stop';
  return [
    ...(reasoning ? [{ type: 'reasoning' as const, text: reasoning }] : []),
    ...toTexts(content ?? ''),
    ...made,
    ...(usage
      ? [{ type: 'usage' as const, inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }]
      : []),
    { type: 'finish', reason: reasons.get(finish ?? '') ?? byDefault },
  ];
}

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['content_filter', 'content-filter'],
]);

/** A piece for each word, as an agent streams. */
function toTexts(text: string): AgentEvent[] {
  return (text.match(/\s*\S+|\s+$/g) ?? []).map((piece) => ({ type: 'text', text: piece }));
}

let completions: ReturnType<typeof completionSchema> | undefined;

function parseCompletion(given: unknown): Answer {
  completions ??= completionSchema();
  const result = completions.safeParse(given);
  const choice = result.data?.choices[0];
  if (!choice) {
    throw new errors.BadRequestError(
      'mock_response: expected a text, an error or a completion as OpenAI has them, `{ choices: [{ message: { content } }] }`.',
      { param: 'mock_response' },
    );
  }
  const { content, reasoning_content: reasoning, tool_calls: calls } = choice.message;
  return { content, reasoning, calls, finish: choice.finish_reason, usage: result.data?.usage };
}

function completionSchema() {
  const string = z.nullish(z.string());
  return z.object({
    choices: z.array(
      z.object({
        message: z.object({ content: string, reasoning_content: string, tool_calls: z.nullish(callsSchema()) }),
        finish_reason: string,
      }),
    ),
    usage: z.nullish(z.object({ prompt_tokens: z.number(), completion_tokens: z.number() })),
  });
}

/** Tool calls as an assistant message has them. */
export function callsSchema() {
  return z.array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }));
}
