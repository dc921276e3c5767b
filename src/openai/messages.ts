import * as z from 'zod/mini';
import type { AgentRequest, FilePart, Part, ToolCall, ToolResult, Turn, UserTurn } from '../agent.ts';
import { BadRequestError } from '../errors.ts';

/** A message as OpenAI's chat completions take it. */
export type ChatMessage =
  | { readonly role: 'system' | 'developer'; readonly content: string | readonly TextPart[]; readonly name?: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[]; readonly name?: string }
  | AssistantMessage
  | { readonly role: 'tool'; readonly content: string | readonly TextPart[]; readonly tool_call_id: string };

/** An earlier answer; with the `tool_calls` that the tool messages after it answer. */
export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content?: string | readonly (TextPart | { readonly type: 'refusal'; readonly refusal: string })[] | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ChatToolCall[] | null;
  readonly name?: string;
}

/** A call as the agent made it; its `id` carries what AWS needs to go on. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A text among the parts of a message. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** A part of a user's message: images and files as data in base64. Links, file ids and audio have no place with most agents and are a `BadRequestError` there. */
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
  let asked: Asked | undefined;
  messages.forEach((message, index) => {
    switch (message.role) {
      case 'system':
      case 'developer':
        instructions.push(toText(message.content));
        break;
      case 'user':
        turns.push(toUserTurn(message.content, `messages.${index}.content`));
        asked = undefined;
        break;
      case 'assistant': {
        const calls = (message.tool_calls ?? []).map(toCall);
        turns.push({ type: 'assistant', text: toText(message.content ?? message.refusal ?? ''), calls });
        asked = { ids: new Set(calls.map((call) => call.id)), results: [] };
        break;
      }
      case 'tool':
        if (!asked?.ids.has(message.tool_call_id)) throw unasked(index);
        if (asked.results.length === 0) turns.push({ type: 'results', results: asked.results });
        asked.results.push({ id: message.tool_call_id, text: toText(message.content) });
        break;
      default:
        message satisfies never;
    }
  });
  return { instructions: instructions.filter((text) => text !== '').join('\n\n'), turns };
}

/** The calls of the last message, an assistant's, and the answers to them so far. */
interface Asked {
  readonly ids: ReadonlySet<string>;
  readonly results: ToolResult[];
}

function unasked(index: number): BadRequestError {
  return new BadRequestError(
    `messages.${index}: a tool message answers a call of the assistant message before it, ` +
      'but that message has no call with this `tool_call_id`; send the assistant message with its `tool_calls` first.',
    { param: `messages.${index}.tool_call_id` },
  );
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
