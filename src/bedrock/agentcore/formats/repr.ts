import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';

const strands: Channel = { family: 'strands', name: 'repr' };
const openai: Channel = { family: 'openai-agents', name: 'repr' };

const marks =
  /<strands\.|event_loop_cycle_id|AgentResult\(|AIMessage(Chunk)?\(|content=Content\(|RawResponsesStreamEvent\(/;

/** Whether a string is Python's `repr` of an object that could not be made JSON, and not a text about such objects. */
export function isRepr(text: string): boolean {
  if (!/[)\]}>]\s*$/.test(text)) return false;
  return /^\{'[A-Za-z_]+': /.test(text) || (/^([[({<]|[A-Za-z_][\w.<>]*\()/.test(text) && marks.test(text));
}

/** A Python string literal, without a choice for each of its characters: that of a long one overflows the stack. */
const literal = `('[^'\\\\]*(?:\\\\.[^'\\\\]*)*'|"[^"\\\\]*(?:\\\\.[^"\\\\]*)*")`;
const strandsText = new RegExp(`^\\{'data': ${literal}`, 's');
const strandsReasoning = new RegExp(`^\\{'reasoningText': ${literal}`, 's');
const openaiText = new RegExp(`ResponseTextDeltaEvent\\(.{0,200}?\\bdelta=${literal}`, 's');
const langchainText = new RegExp(`AIMessage(?:Chunk)?\\(content=${literal}`, 'gs');
const assistant = /AgentResult\(|'role': 'assistant', 'content': \[/g;

/**
 * What a repr says; it is never shown as it is. Agents that yield Strands' or OpenAI's events as they are send these
 * and, mostly, the same text in a better form; the text of a whole message is kept for when nothing better comes.
 */
export function readRepr(text: string, answer: Answer): void {
  const piece = strandsText.exec(text)?.[1];
  const thought = strandsReasoning.exec(text)?.[1];
  const delta = openaiText.exec(text)?.[1];
  if (piece !== undefined) return answer.text(unquote(piece), strands);
  if (thought !== undefined) return answer.reasoning(unquote(thought), strands);
  if (delta !== undefined) return answer.text(unquote(delta), openai);
  const messages = readMessages(text);
  for (const match of messages.length === 0 ? text.matchAll(langchainText) : []) messages.push(unquote(match[1] ?? ''));
  for (const whole of messages) if (whole !== '') answer.lastResort(whole);
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

const token = new RegExp(`\\{'text': ${literal}|${literal}|[[{(]|[\\])}]`, 'gs');

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

const escape = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences, as far as `repr` writes them. */
function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(escape, (_, x?: string, u?: string, U?: string, char?: string) => {
    if (char !== undefined) return escapes[char] ?? char;
    return String.fromCodePoint(parseInt(x ?? u ?? U ?? '', 16));
  });
}
