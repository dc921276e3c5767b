import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { APIError, completion, type CompletionParameters } from '../../src/index.ts';
import { type Asked, toPieces, toPrompt, toResult } from './answers.ts';
import { type Bedrock, type Proxy, type Reliability, type Service, services, toParameters } from './processes.ts';

/** What became of a request; those that are not as they should be say how. */
export interface Outcome {
  readonly type: 'whole' | 'left' | 'failed' | 'wrong';
  /** The class of a failure, or what is wrong. */
  readonly detail?: string;
  readonly reliability: Reliability;
}

export type Way = 'library' | 'proxy';

/** Asks one way, whole or as a stream, as OpenAI's client does. */
export type Ask = (request: Request) => Promise<OpenAI.ChatCompletion | AsyncIterable<OpenAI.ChatCompletionChunk>>;

interface Request {
  readonly service: Service;
  readonly reliability: Reliability;
  readonly messages: OpenAI.ChatCompletionMessageParam[];
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: { name: 'lookUp', parameters: { type: 'object', properties: { nonce: { type: 'string' } } } },
  },
];
const toTools = (service: Service) => (service === 'runtime' ? {} : { tools });

export function createWays(bedrock: Bedrock, proxy: Proxy): Readonly<Record<Way, Ask>> {
  const client = new OpenAI({ baseURL: proxy.url, apiKey: 'none', maxRetries: 0 });
  return {
    library: ({ service, reliability, ...request }) =>
      // OpenAI's messages are ours.
      completion({
        ...toParameters(bedrock, service, reliability),
        ...toTools(service),
        ...request,
      } as CompletionParameters),
    proxy: ({ service, reliability, messages, stream, signal }) =>
      client.chat.completions.create(
        { model: `${service}-${reliability}`, messages, stream, ...toTools(service) },
        { signal },
      ),
  };
}

const endings = ['read', 'read', 'read', 'slow', 'leave', 'abort', 'abort at once'] as const;

/** Makes a request of any kind and looks at every character of its answer. */
export async function makeRequest(ways: Readonly<Record<Way, Ask>>): Promise<Outcome> {
  const service = pick(services);
  const reliability = Math.random() < 0.2 ? 'faulty' : 'sound';
  const way = pick(['library', 'proxy'] as const);
  const ask = ways[way];
  const stream = Math.random() < 0.7;
  const asked: Asked = {
    nonce: crypto.randomUUID(),
    pieces: 2 + Math.floor(Math.random() * 60),
    size: Math.random() < 0.1 ? 5000 : Math.floor(Math.random() * 20),
    calls: service !== 'runtime' && Math.random() < 0.2,
  };
  const ending = asked.calls ? 'read' : stream ? pick(endings) : pick(['read', 'abort at once'] as const);
  const controller = new AbortController();
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: toPrompt(asked) }];
  const request = { service, reliability, messages, stream, signal: controller.signal } as const;
  let told = '';
  try {
    if (ending === 'abort at once') setTimeout(() => controller.abort(), Math.random() * 100);
    const first = await read(await ask(request), (text) => (told += text), {
      ending,
      abort: () => controller.abort(),
      // OpenAI's client over Node 20's `fetch` may wait for ever, whatever server it asked, when it reads on after that.
      leaves: way === 'proxy',
    });
    if (!asked.calls) return judge(toPieces(asked).join(''));
    const call = first.calls[0];
    if (call?.name !== 'lookUp' || call.arguments !== JSON.stringify({ nonce: asked.nonce }))
      return wrong(`called ${JSON.stringify(call)}`);
    const assistant = {
      role: 'assistant' as const,
      content: null,
      tool_calls: [{ id: call.id, type: 'function' as const, function: call }],
    };
    const result = { role: 'tool' as const, tool_call_id: call.id, content: asked.nonce };
    told = '';
    await read(await ask({ ...request, messages: [...messages, assistant, result] }), (text) => (told += text), {
      ending,
    });
    return judge(toResult(asked));
  } catch (error) {
    if (!asked.calls && !toPieces(asked).join('').startsWith(told)) return wrong('mixed before it failed');
    if (controller.signal.aborted) return { type: 'left', reliability };
    const isTold = error instanceof APIError || error instanceof OpenAI.APIError;
    if (!isTold) return wrong(`threw ${error instanceof Error ? `${error.name}: ${error.message}` : 'nothing known'}`);
    if (reliability === 'sound') return wrong(`failed without a fault: ${error.name} ${error.message}`);
    return { type: 'failed', detail: error.constructor.name, reliability };
  }

  function judge(expected: string): Outcome {
    if (told === expected) return { type: 'whole', reliability };
    const isLeft = ending !== 'read' && ending !== 'slow';
    if (isLeft && expected.startsWith(told)) return { type: 'left', reliability };
    return wrong(
      expected.startsWith(told) ? `lost its end after ${told.length} of ${expected.length} characters` : 'mixed',
    );
  }

  function wrong(how: string): Outcome {
    return { type: 'wrong', detail: `${service} ${stream ? 'streamed' : 'whole'}, ${ending}: ${how}`, reliability };
  }
}

interface ReadOptions {
  readonly ending: (typeof endings)[number];
  readonly abort?: () => void;
  /** Whether nothing is read after an abort. */
  readonly leaves?: boolean;
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

async function read(
  answer: Awaited<ReturnType<Ask>>,
  tell: (text: string) => void,
  { ending, abort, leaves }: ReadOptions,
): Promise<{ readonly calls: readonly Call[] }> {
  if ('choices' in answer) {
    const message = answer.choices[0]?.message;
    tell(message?.content ?? '');
    return {
      calls: (message?.tool_calls ?? []).flatMap((call) =>
        call.type === 'function' ? [{ id: call.id, ...call.function }] : [],
      ),
    };
  }
  const calls: Call[] = [];
  let chunks = 0;
  const last = Math.random() * 20;
  for await (const { choices } of answer) {
    const delta = choices[0]?.delta;
    tell(delta?.content ?? '');
    // Our deltas are whole calls.
    for (const { id = '', function: call } of delta?.tool_calls ?? []) {
      calls.push({ id, name: call?.name ?? '', arguments: call?.arguments ?? '' });
    }
    if (ending === 'slow' && chunks < 20) await sleep(20);
    if (++chunks < last) continue;
    if (ending === 'leave') break;
    if (ending !== 'abort') continue;
    abort?.();
    if (leaves) break;
  }
  return { calls };
}

function pick<T>(from: readonly [T, ...T[]]): T {
  return from[Math.floor(Math.random() * from.length)] ?? from[0];
}
