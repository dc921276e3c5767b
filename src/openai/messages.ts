import * as z from 'zod/mini';
import type { AgentRequest, FilePart, Part, ToolCall, Turn, UserTurn } from '../agent.ts';
import { BadRequestError } from '../errors.ts';

/** A message as OpenAI's chat completions take it. */
export type ChatMessage =
  | { readonly role: 'system' | 'developer'; readonly content: string | readonly TextPart[]; readonly name?: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[]; readonly name?: string }
  | AssistantMessage
  | { readonly role: 'tool'; readonly content: string | readonly TextPart[]; readonly tool_call_id: string };

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content?: string | readonly (TextPart | { readonly type: 'refusal'; readonly refusal: string })[] | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ChatToolCall[] | null;
  readonly name?: string;
}

export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export type ContentPart =
  | TextPart
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly detail?: string } }
  | { readonly type: 'input_audio'; readonly input_audio: { readonly data: string; readonly format: string } }
  | {
      readonly type: 'file';
      readonly file: { readonly file_data?: string; readonly file_id?: string; readonly filename?: string };
    };

type Conversation = Pick<AgentRequest, 'instructions' | 'turns'>;

/** A message list → instructions and turns; throws a `BadRequestError` where results and calls do not match. */
export function parseMessages(messages: Messages): Conversation {
  const instructions: string[] = [];
  const turns: Turn[] = [];
  messages.forEach((message, index) => {
    switch (message.role) {
      case 'system':
      case 'developer':
        instructions.push(toText(message.content));
        break;
      case 'user':
        turns.push(toUserTurn(message.content, `messages.${index}.content`));
        break;
      case 'assistant':
        turns.push({
          type: 'assistant',
          text: toText(message.content ?? message.refusal ?? ''),
          calls: (message.tool_calls ?? []).map(toCall),
        });
        break;
      case 'tool':
        addResult(turns, message, index);
        break;
      default:
        message satisfies never;
    }
  });
  return { instructions: instructions.filter((text) => text !== '').join('\n\n'), turns };
}

function addResult(turns: Turn[], message: Extract<Messages[number], { role: 'tool' }>, index: number): void {
  const result = { id: message.tool_call_id, text: toText(message.content) };
  const last = turns.at(-1);
  const open = last?.type === 'results' ? turns.at(-2) : last;
  if (open?.type !== 'assistant' || !open.calls.some((call) => call.id === result.id)) {
    throw new BadRequestError(
      `messages.${index}: a tool message answers a call of the assistant message before it, ` +
        'but that message has no call with this `tool_call_id`; send the assistant message with its `tool_calls` first.',
      { param: `messages.${index}.tool_call_id` },
    );
  }
  if (last?.type === 'results') turns.splice(-1, 1, { type: 'results', results: [...last.results, result] });
  else turns.push({ type: 'results', results: [result] });
}

function toCall(call: z.infer<ReturnType<typeof callSchema>>): ToolCall {
  return { id: call.id, name: call.function.name, arguments: call.function.arguments };
}

function toText(content: string | readonly { text?: string; refusal?: string }[]): string {
  return typeof content === 'string' ? content : content.map((part) => part.text ?? part.refusal ?? '').join('');
}

function toUserTurn(content: UserContent, path: string): UserTurn {
  if (typeof content === 'string') return { type: 'user', parts: [{ type: 'text', text: content }] };
  return { type: 'user', parts: content.map((part, index) => toPart(part, `${path}.${index}`)), content };
}

type UserContent = Extract<Messages[number], { role: 'user' }>['content'];

function toPart(part: Exclude<UserContent, string>[number], param: string): Part {
  const file = { type: 'file', param } as const;
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image_url':
      return { ...file, kind: 'image', name: 'image', ...parseUrl(part.image_url.url, `${param}.image_url.url`) };
    case 'input_audio':
      return { ...file, kind: 'audio', name: 'audio' };
    case 'file': {
      const { filename, file_id, file_data: data } = part.file;
      const content = data == null ? {} : parseData(data, `${param}.file.file_data`);
      return { ...file, kind: 'file', name: filename ?? file_id ?? 'file', ...content };
    }
  }
}

/** A data URL → its bytes; a link, which is never followed, → nothing. */
function parseUrl(url: string, param: string): Pick<FilePart, 'content'> {
  if (/^(?!data:)[a-z][a-z0-9+.-]*:/i.test(url)) return {};
  const [head, mediaType = '', marks = ''] = /^data:([^,;]*)(;[^,]*)?,/i.exec(url) ?? [];
  if (head === undefined) throw noData(param);
  const body = url.slice(head.length);
  const data = /;base64$/i.test(marks) ? body : Buffer.from(decode(body, param)).toString('base64');
  return { content: { mediaType: mediaType.toLowerCase(), data: checkBase64(data, param) } };
}

/** The bytes of a file; OpenAI takes them as a data URL and bare. */
function parseData(data: string, param: string): Pick<FilePart, 'content'> {
  return data.includes(':') ? parseUrl(data, param) : { content: { mediaType: '', data: checkBase64(data, param) } };
}

function checkBase64(data: string, param: string): string {
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(data) && data.length % 4 !== 1) return data;
  throw noData(param);
}

function noData(param: string): BadRequestError {
  return new BadRequestError(`${param}: expected a data: URL with base64, as in \`data:image/png;base64,…\`.`, {
    param,
  });
}

function decode(text: string, param: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw noData(param);
  }
}

type Messages = z.infer<ReturnType<typeof messagesSchema>>;

/** The schema of a message list; made on the first call, with the rest of the request's. */
export function messagesSchema() {
  const text = z.looseObject({ type: z.literal('text'), text: z.string() });
  const refusal = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
  const texts = z.union([z.string(), z.array(text)]);
  const part = z.discriminatedUnion('type', [
    text,
    z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
    z.looseObject({ type: z.literal('input_audio'), input_audio: z.looseObject({ data: z.string() }) }),
    z.looseObject({
      type: z.literal('file'),
      file: z.looseObject({
        filename: z.nullish(z.string()),
        file_id: z.nullish(z.string()),
        file_data: z.nullish(z.string()),
      }),
    }),
  ]);
  // Not `minLength`: that looks at the length of what is no list, too, and trips over one that is no number.
  return z
    .array(
      z.discriminatedUnion('role', [
        z.looseObject({ role: z.literal('system'), content: texts }),
        z.looseObject({ role: z.literal('developer'), content: texts }),
        z.looseObject({ role: z.literal('user'), content: z.union([z.string(), z.array(part)]) }),
        z.looseObject({
          role: z.literal('assistant'),
          content: z.nullish(z.union([z.string(), z.array(z.discriminatedUnion('type', [text, refusal]))])),
          refusal: z.nullish(z.string()),
          // OpenAI has given it up; dropping it in silence would tell the agent another conversation.
          function_call: z.nullish(z.never()),
          tool_calls: z.nullish(z.array(callSchema())),
        }),
        z.looseObject({ role: z.literal('tool'), content: texts, tool_call_id: z.string() }),
      ]),
    )
    .check(z.refine((messages) => messages.length > 0, { error: 'expected at least 1.' }));
}

function callSchema() {
  return z.looseObject({
    id: z.string(),
    type: z.literal('function'),
    function: z.looseObject({ name: z.string(), arguments: z.string() }),
  });
}
