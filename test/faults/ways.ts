import OpenAI from 'openai';
import { pino } from 'pino';
import { createSharedRouter } from '../../src/default.ts';
import { APIError, bedrock, createCompletion } from '../../src/index.ts';
import { createProxyOf } from '../../src/proxy/proxy.ts';
import type { Cell } from './expected.ts';
import { answer } from './services.ts';

/** How an answer is asked for. */
export interface Way {
  readonly name: string;
  readonly isStream: boolean;
  readonly isProxied: boolean;
}

export const ways: readonly Way[] = [
  { name: 'whole', isStream: false, isProxied: false },
  { name: 'streamed', isStream: true, isProxied: false },
  { name: 'whole, by the proxy', isStream: false, isProxied: true },
  { name: 'streamed, by the proxy', isStream: true, isProxied: true },
];

/** What a call came to: an answer, or what was thrown and the words that came before it. */
export interface Outcome {
  readonly text: string;
  readonly end: string;
  readonly error?: unknown;
}

export interface Question {
  /** The row's name where the proxy is asked. */
  readonly model: string;
  readonly url: string;
  /** Those of the proxy's row are given with the row. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly isStream: boolean;
  readonly signal: AbortSignal;
  /** Told all words so far, when further ones came. */
  readonly onText: (text: string) => void;
}

export const prompt = 'OPENSESAME, what is the weather?';
const messages = [{ role: 'user' as const, content: prompt }];

/** Asks `completion()`. One for all calls, as an app has it. */
const completion = createCompletion(bedrock());

export function askDirectly({ model, url, parameters, isStream, signal, onText }: Question): Promise<Outcome> {
  const asked = { ...parameters, api_base: url, model, messages, signal };
  return toOutcome({ onText }, async (say) => {
    if (!isStream) return (await completion({ ...asked, stream: false })).choices[0];
    let finish: string | null | undefined;
    for await (const { choices } of await completion({ ...asked, stream: true })) {
      say(choices[0]?.delta.content);
      finish = choices[0]?.finish_reason ?? finish;
    }
    return { finish_reason: finish };
  });
}

/**
 * Starts a proxy with a row for each cell, since some have credentials of their own, and OpenAI's client before it; in
 * this process, where what it leaves unhandled is counted.
 */
export async function startProxy(rows: readonly Pick<Cell, 'id' | 'service' | 'parameters'>[]) {
  const proxy = createProxyOf(
    {
      router: {
        model_list: rows.map(({ id, service: { model }, parameters }) => ({
          model_name: id,
          litellm_params: { ...parameters, model },
        })),
        num_retries: 0,
        disable_cooldowns: true,
      },
      allowClient: new Map(rows.map(({ id }) => [id, ['api_base']])),
      keys: [],
      includeUsage: false,
      allowAnonymous: false,
      metricsNeedKey: false,
      environment: {},
      warnings: [],
    },
    { createRouter: createSharedRouter, log: pino({ level: 'silent' }) },
  );
  const { url, close } = await proxy.listen({ port: 0 });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

  function ask({ model, url, isStream, signal, onText }: Question): Promise<Outcome> {
    const asked = { model, messages, api_base: url };
    const isLeft = () => signal.aborted;
    return toOutcome({ onText, isLeft }, async (say) => {
      if (!isStream) return (await client.chat.completions.create({ ...asked, stream: false }, { signal })).choices[0];
      let finish: string | null | undefined;
      for await (const { choices } of await client.chat.completions.create({ ...asked, stream: true }, { signal })) {
        say(choices[0]?.delta.content);
        finish = choices[0]?.finish_reason ?? finish;
      }
      return { finish_reason: finish };
    });
  }

  return { ask, close };
}

interface Choice {
  readonly finish_reason?: string | null | undefined;
  readonly message?: { readonly content: string | null };
}

async function toOutcome(
  { onText, isLeft = () => false }: { readonly onText: Question['onText']; readonly isLeft?: () => boolean },
  ask: (say: (words: string | null | undefined) => void) => Promise<Choice | undefined>,
): Promise<Outcome> {
  let text = '';
  try {
    const choice = await ask((words) => {
      text += words ?? '';
      if (words) onText(text);
    });
    text += choice?.message?.content ?? '';
    // OpenAI's client ends a stream without a word when its caller leaves.
    if (isLeft()) return { text, end: 'the reason of the signal' };
    if (choice?.finish_reason !== 'stop') return { text, end: 'a stream without an end' };
    return { text, end: text === answer ? 'an answer' : toWords(text) };
  } catch (error) {
    return { text, end: toName(error), error };
  }
}

/** An answer of other words than were meant. */
export function toWords(words: string): string {
  return `an answer: ${JSON.stringify(words)}`;
}

/** An error of ours by its class and status; of OpenAI's client by what it heard of both. */
function toName(error: unknown): string {
  if (error instanceof APIError) return `${error.name} ${error.status}`;
  if (error instanceof OpenAI.APIUserAbortError) return 'the reason of the signal';
  // Behind the headers of a stream there is no status any more.
  if (error instanceof OpenAI.APIError) return `${error.type} ${(error.status as number | undefined) ?? ''}`.trim();
  return error === reason ? 'the reason of the signal' : String(error);
}

/** What callers who leave abort with. */
export const reason = new Error('The caller has had enough.');
