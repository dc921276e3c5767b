import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { completion } from '../../src/index.ts';
import { serve } from './loopback.ts';
import { reach } from './models.ts';

export {
  around,
  bytesOf,
  bytewise,
  cutAt,
  filesIn,
  frameEnds,
  jsonOf,
  nameOf,
  play,
  type Played,
  range,
  recorded,
  recordings,
} from './corpus.ts';

/** What a caller was told, whole or as a stream. */
export interface Told {
  readonly text: string;
  readonly reasoning: string;
  /** `name(arguments)` of each call that the caller must run. */
  readonly calls: readonly string[];
  readonly finish: string | null;
  readonly usage: readonly [input: number, output: number] | undefined;
  readonly estimated: boolean;
  readonly model: string | undefined;
}

/** A stream that broke off: what it told before, and what it threw. */
export interface BrokenOff {
  readonly told: Told;
  readonly error?: unknown;
}

export interface Body {
  readonly pieces: readonly Buffer[];
  readonly headers: Readonly<Record<string, string>>;
  readonly status?: number;
}

/** A server that answers every request with the body that was last put on. */
export async function createPlayer(model: string) {
  let body: Body = { pieces: [], headers: {} };
  const server = await serve((response) => write(response, body));
  const request = { model, messages: [{ role: 'user' as const, content: 'Hi' }], ...reach(server.url) };

  return {
    async whole(answer: Body): Promise<Told> {
      body = answer;
      const { choices, usage, _hidden_params: hidden } = await completion({ ...request, stream: false });
      const { message, finish_reason: finish } = choices[0] ?? { message: undefined, finish_reason: null };
      return {
        text: message?.content ?? '',
        reasoning: message?.reasoning_content ?? '',
        calls: (message?.tool_calls ?? []).map((call) => `${call.function.name}(${call.function.arguments})`),
        finish,
        usage: usage && [usage.prompt_tokens, usage.completion_tokens],
        estimated: hidden.usage_estimated === true,
        model: hidden.foundation_model,
      };
    },

    async streamed(answer: Body): Promise<BrokenOff> {
      body = answer;
      const told = { text: '', reasoning: '', calls: [] as string[], finish: null as string | null };
      let usage: Told['usage'];
      let hidden: { readonly usage_estimated?: boolean; readonly foundation_model?: string } = {};
      const broken: { error?: unknown } = {};
      try {
        const stream = await completion({ ...request, stream: true, stream_options: { include_usage: true } });
        hidden = stream._hidden_params;
        for await (const chunk of stream) {
          const choice = chunk.choices[0];
          told.text += choice?.delta.content ?? '';
          told.reasoning += choice?.delta.reasoning_content ?? '';
          for (const { function: call } of choice?.delta.tool_calls ?? []) {
            told.calls.push(`${call.name}(${call.arguments})`);
          }
          if (choice?.finish_reason) told.finish = choice.finish_reason;
          if (chunk.usage) usage = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens];
        }
      } catch (error) {
        broken.error = error;
      }
      const { usage_estimated, foundation_model } = hidden;
      return { told: { ...told, usage, estimated: usage_estimated === true, model: foundation_model }, ...broken };
    },
  };
}

async function write(response: ServerResponse, { pieces, headers, status = 200 }: Body): Promise<void> {
  response.writeHead(status, headers);
  for (const piece of pieces) {
    response.write(piece);
    await setImmediate();
  }
  response.end();
}
