import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readContent } from './content.ts';
import { isObject, type JsonValue, objectIn } from './format.ts';
import { parsePython, unescape } from './python.ts';

const strands: Channel = { family: 'strands', name: 'repr' };

/** Names of classes whose objects agents send, as they begin a `repr`. */
const classes =
  /^([\w.<>]*\.)?(RawResponses|RunItem|AgentUpdated|Response\w+|Part(Start|Delta|End)|FinalResult|(Function|Output|Builtin)Tool(Call|Result)|AgentRunResult|Stream|RateLimit)(Stream)?Event\(|^(AI|Human|Tool|System|User|Assistant|Result)Message(Chunk)?\(|^(CrewOutput|TaskOutput|Agent(Result|RunResult|Stream|Output|Input|Setup)|ToolCall(Result)?|TaskResult|ModelRe(quest|sponse))\(/;

/** What stands in pydantic's `str` of an object, which is only its fields, and in no other text. */
const fields =
  / type='(\w+(Message|Event)(\[\w+\])?|response\.[\w.]+)'| current_agent_name='| invocation_id='| additional_kwargs=\{|^parts=\[Part\(|^content=.* tool_call_id='/s;

const marks = /<strands\.|event_loop_cycle_id|AgentResult\(|\b(AI|Human|Tool|System)Message(Chunk)?\(content=/;

/** Whether a string is Python's `repr` of an object that could not be made JSON, and not a text about such objects. */
export function isRepr(text: string): boolean {
  if (/^[a-z_]\w*=\S/.test(text)) return fields.test(text);
  if (text.startsWith(runResult)) return true;
  if (!/[)\]}>]\s*$/.test(text)) return false;
  return (
    /^\{'[A-Za-z_]+': /.test(text) ||
    classes.test(text) ||
    (/^([[({<]|[A-Za-z_][\w.]*\()/.test(text) && marks.test(text))
  );
}

/** OpenAI's Agents SDK writes the result of a run so. */
const runResult = 'RunResult:\n- Last agent: ';
const finalOutput = /^RunResult:\n- Last agent: [^\n]*\n- Final output [^\n]*:\n(.*?)\n- \d+ new item/s;

/** A Python string literal, without a choice for each of its characters: that of a long one overflows the stack. */
const literal = `('[^'\\\\]*(?:\\\\.[^'\\\\]*)*'|"[^"\\\\]*(?:\\\\.[^"\\\\]*)*")`;
const strandsText = new RegExp(`^\\{'data': ${literal}`, 's');
const strandsReasoning = new RegExp(`^\\{'reasoningText': ${literal}`, 's');
const assistant = /AgentResult\(|'role': 'assistant', 'content': \[/g;

/**
 * Reads what a repr says; it is never shown as it is. `read` reads the value that it shows. Strands sends these beside
 * better forms of the same text, and their objects are large: of them the beginning is read, and the text of a whole
 * message is kept for when nothing better comes.
 */
export function readRepr(text: string, answer: Answer, read: (value: unknown) => unknown): void {
  const piece = strandsText.exec(text)?.[1];
  const thought = strandsReasoning.exec(text)?.[1];
  if (piece !== undefined) return answer.text(unquote(piece), strands);
  if (thought !== undefined) return answer.reasoning(unquote(thought), strands);
  const output = text.startsWith(runResult) ? finalOutput.exec(text)?.[1] : undefined;
  if (output !== undefined) return answer.text(output.replace(/^ {4}/gm, ''));
  if (/<strands\.|event_loop_cycle_id|AgentResult\(/.test(text)) {
    for (const whole of readMessages(text)) if (whole !== '') answer.lastResort(whole);
    return;
  }
  const value = parsePython(text);
  if (!isObject(value)) return;
  // Without Python's objects it could have been JSON, and may be what a tool returned.
  if (text.startsWith("{'") && !/\w\(/.test(text)) readPlain(value, answer, read);
  // Only its place says that this is a tool's.
  else if (text.startsWith('content=') && 'tool_call_id' in value) read({ ...value, type: 'tool' });
  // Google's, outside of its event.
  else if (text.startsWith('parts=')) read({ content: value });
  else read(value);
}

/** Of a dictionary, an event is the agent's, and a message is kept for when nothing better comes. */
function readPlain(value: JsonValue, answer: Answer, read: (value: unknown) => unknown): void {
  if (objectIn(value, 'event')) read(value);
  const message = objectIn(value, 'message') ?? value;
  const said = message['role'] === 'assistant' ? readContent(message['content'])?.text : undefined;
  if (said) answer.lastResort(said);
}

/** The assistant's messages; of a result only its own, which comes first, and not those that it remembers. */
function readMessages(text: string): string[] {
  const messages: string[] = [];
  const ofResult = text.includes('AgentResult(');
  let wanted = !ofResult;
  let end = 0;
  for (const { 0: found, index } of text.matchAll(assistant)) {
    // Within a message: a tool's own.
    if (index < end) continue;
    if (found === 'AgentResult(') {
      wanted = true;
    } else if (wanted) {
      const blocks = readBlocks(text, index + found.length);
      messages.push(blocks.said);
      end = blocks.end;
      wanted = !ofResult;
    }
  }
  return messages;
}

/** A literal without an end takes all the rest: to look for its end from each quote within would take the square. */
const token = new RegExp(`\\{'text': ${literal}|${literal}|['"].*|[[{(]|[\\])}]`, 'gs');

/** The text blocks of a content list that begins at `start`; what stands deeper, a tool's result, is not the agent's. */
function readBlocks(text: string, start: number): { readonly said: string; readonly end: number } {
  let said = '';
  let end = text.length;
  let depth = 0;
  token.lastIndex = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [part, block] = match;
    if (block !== undefined && depth === 0) said += unquote(block);
    if (/^[[{(]/.test(part)) depth++;
    if (/^[\])}]/.test(part) && --depth < 0) {
      end = match.index;
      break;
    }
  }
  return { said, end };
}

function unquote(quoted: string): string {
  return unescape(quoted.slice(1, -1));
}
