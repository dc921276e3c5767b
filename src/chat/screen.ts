import type { AssistantMessage, ChatToolCall, ChunkDelta, CompletionStream } from '../completion.ts';
import type { APIError } from '../errors.ts';

/** Where a conversation is held. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly errors: NodeJS.WritableStream;
  /** Whether somebody sits before it. */
  readonly isInteractive: boolean;
  /** Whether it shows text dimmed. */
  readonly isStyled: boolean;
}

/** What is shown of a conversation. */
export interface Screen {
  /** Reads an answer to its end, and returns it. */
  readonly show: (stream: CompletionStream) => Promise<AssistantMessage>;
  readonly tellCall: (call: ChatToolCall) => void;
  readonly tellAborted: () => void;
  readonly tellError: (error: APIError) => void;
}

/** For people: text as it comes, thoughts dimmed, and what it rests on at its end. */
export function createTextScreen({ output, errors, isStyled }: Terminal): Screen {
  return {
    async show(stream) {
      let content = '';
      const calls: ChatToolCall[] = [];
      let last: ChunkDelta = {};
      for await (const { choices } of stream) {
        last = choices[0]?.delta ?? last;
        // Without a style nobody could tell thoughts from the answer.
        if (last.reasoning_content && isStyled) output.write(`\x1b[2m${toText(last.reasoning_content)}\x1b[22m`);
        if (last.content) output.write(toText(last.content));
        content += last.content ?? '';
        // Each comes in one piece.
        calls.push(...(last.tool_calls ?? []));
      }
      output.write('\n');
      const sources = new Map((last.annotations ?? []).map(({ url_citation: { url, title } }) => [url, title]));
      if (sources.size > 0) output.write('\nSources:\n');
      [...sources].forEach(([url, title], index) => output.write(toText(`[${index + 1}] ${title} ${url}\n`)));
      for (const { name } of [...(last.images ?? []), ...(last.provider_specific_fields?.files ?? [])]) {
        output.write(toText(`[file: ${name}]\n`));
      }
      return { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) };
    },
    tellCall: ({ function: { name, arguments: json } }) =>
      void output.write(toText(`The agent asks for ${name}(${json})\n`)),
    tellAborted: () => void output.write('\n[aborted]\n'),
    tellError: ({ name, message }) => void errors.write(toText(`\n${name}: ${message}\n`)),
  };
}

/**
 * Without control characters but for tabs and line ends: an agent's words, or what it read, could rewrite what stands on
 * the screen, or type for whoever sits before it.
 */
function toText(said: string): string {
  return said.replaceAll(controls, '');
}

// Those are the ones that this is about.
// eslint-disable-next-line no-control-regex
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** For scripts: each answer or error is a line of JSON, as OpenAI's API has it. */
export function createJsonScreen({ output }: Terminal): Screen {
  // JSON escapes the others.
  const escape = (control: string) => `\\u00${control.charCodeAt(0).toString(16)}`;
  const write = (value: object) => void output.write(`${JSON.stringify(value).replaceAll(/[\x7f-\x9f]/g, escape)}\n`);
  return {
    async show(stream) {
      const whole = await stream.finalChatCompletion();
      write(whole);
      return whole.choices[0]?.message ?? { role: 'assistant' };
    },
    // The answer told of it.
    tellCall: () => undefined,
    tellAborted: () => write({ error: { message: 'aborted', type: 'aborted', param: null, code: null } }),
    tellError: ({ message, type, param, code }) => write({ error: { message, type, param, code } }),
  };
}
