import type { Answer, Channel } from '../answer.ts';

const strands: Channel = { family: 'strands', name: 'repr' };
const openai: Channel = { family: 'openai-agents', name: 'repr' };

const marks =
  /<strands\.|event_loop_cycle_id|AgentResult\(|AIMessage(Chunk)?\(|content=Content\(|RawResponsesStreamEvent\(/;

/** Whether a string is Python's `repr` of an object that could not be made JSON; it is never shown. */
export function isRepr(text: string): boolean {
  return /^\{'[A-Za-z_]+': /.test(text) || marks.test(text);
}

/** A Python string literal. */
const literal = `('(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*")`;
const strandsText = new RegExp(`^\\{'data': ${literal}`, 's');
const strandsReasoning = new RegExp(`^\\{'reasoningText': ${literal}`, 's');
const openaiText = new RegExp(`ResponseTextDeltaEvent\\(.*?\\bdelta=${literal}`, 's');
const langchainText = new RegExp(`AIMessage(?:Chunk)?\\(content=${literal}`, 'gs');
const messageText = new RegExp(`'content': \\[\\{'text': ${literal}`, 's');

/**
 * What a repr says. Agents that yield Strands' or OpenAI's events as they are send these and, mostly, the same text
 * in a better form; the text of a whole message is kept for the case that nothing better comes.
 */
export function readRepr(text: string, answer: Answer): void {
  const piece = strandsText.exec(text)?.[1];
  const thought = strandsReasoning.exec(text)?.[1];
  const delta = openaiText.exec(text)?.[1];
  if (piece !== undefined) return answer.text(unquote(piece), strands);
  if (thought !== undefined) return answer.reasoning(unquote(thought), strands);
  if (delta !== undefined) return answer.text(unquote(delta), openai);
  const message = messageText.exec(text)?.[1];
  const messages = message === undefined ? [...text.matchAll(langchainText)].map((match) => match[1] ?? '') : [message];
  for (const whole of messages.map(unquote)) if (whole !== '') answer.lastResort(whole);
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
