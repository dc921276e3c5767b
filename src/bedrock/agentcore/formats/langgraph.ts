import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { type Format, isObject, type JsonValue, listIn, objectIn, stringIn } from './format.ts';
import { readMessage, readPieces, toListed, toMessage } from './langchain.ts';

/** A graph may be asked to tell its run in several modes at once, which all tell the whole answer. */
const channel = (name: string): Channel => ({ family: 'langgraph', name });

const modes = ['messages', 'updates', 'values', 'events', 'custom', 'debug', 'tasks', 'checkpoints'];

/**
 * LangGraph and LangChain, in Python and JavaScript: messages, the stream modes of a graph, one or several, and
 * `astream_events`. https://docs.langchain.com/oss/python/langgraph/streaming
 */
export const langgraph: Format = {
  name: 'langgraph',
  read(value, answer) {
    if (Array.isArray(value)) return readTuple(value, answer);
    const { type, event, data } = value;
    if (typeof type === 'string' && modes.includes(type) && 'ns' in value)
      return isInTool(value['ns']) || readMode(type, data, answer);
    if (typeof event === 'string' && event.startsWith('on_')) return readEvent(event, value, answer);
    const message = toMessage(value);
    if (message) {
      readMessage(message, channel('messages'), answer);
      return true;
    }
    if (isState(value) && readState(value, answer)) return true;
    return readUpdate(value, answer) || readResult(value, answer) || readEventData(value, answer);
  },
};

/** `[message, metadata]`, `[mode, data]`, either with the namespace of a subgraph before it; or a list of messages. */
function readTuple(tuple: readonly unknown[], answer: Answer): boolean {
  const [first, second] = tuple;
  if (isNamespace(first) && tuple.length > 1) {
    const [, ...rest] = tuple;
    const known = rest.length === 1 ? second : rest;
    return isInTool(first) || (isObject(known) && langgraph.read(known, answer, () => false));
  }
  if (typeof first === 'string') return tuple.length === 2 && modes.includes(first) && readMode(first, second, answer);
  const message = toMessage(first);
  if (message && tuple.length === 2 && isObject(second) && !toMessage(second)) {
    const namespace = second['langgraph_checkpoint_ns'] ?? second['checkpoint_ns'];
    if (!isInTool(namespace) || message.kind === 'tool') readMessage(message, channel('messages'), answer);
    return true;
  }
  if (tuple.length > 0 && tuple.every(toMessage)) return readState({ messages: tuple }, answer);
  return readPieces(tuple, answer);
}

function isNamespace(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** What a model within a tool says is for the agent. Tools are run by a node that LangGraph names so. */
function isInTool(namespace: unknown): boolean {
  const first: unknown = Array.isArray(namespace) ? namespace[0] : namespace;
  return typeof first === 'string' && first.startsWith('tools:');
}

function readMode(mode: string, data: unknown, answer: Answer): boolean {
  if (!isObject(data)) return true;
  if (mode === 'messages' && Array.isArray(data)) readTuple(data, answer);
  else if (mode === 'updates') readUpdate(data, answer);
  else if (mode === 'values') readState(data, answer);
  else if (mode === 'events') langgraph.read(data, answer, () => false);
  return true;
}

/** Other frameworks have messages, too, beside what they tell; OpenAI's are a graph's where nothing else is. */
function isState(value: JsonValue): boolean {
  if (!('messages' in value)) return false;
  return listIn(value, 'messages').some((each) => toMessage(each)) || Object.keys(value).length === 1;
}

/** What a graph knows: the whole conversation, of which the last turn is the answer. */
function readState(state: JsonValue, answer: Answer): boolean {
  return readMessages(state['messages'], channel('values'), answer);
}

function readMessages(list: unknown, from: Channel, answer: Answer): boolean {
  const messages = (Array.isArray(list) ? list : [list]).map(toListed);
  if (messages.length === 0 || !messages.every((message) => message !== undefined)) return false;
  const turn = messages.findLastIndex(({ kind }) => kind === 'human') + 1;
  messages.forEach((message, index) => {
    if (index >= turn) readMessage(message, from, answer, from.name === 'values' ? `values ${index}` : undefined);
  });
  return true;
}

/** What nodes added to the state, by their names; a graph that waits for somebody says what for. */
function readUpdate(update: JsonValue, answer: Answer): boolean {
  const interrupts = update['__interrupt__'];
  if (Array.isArray(interrupts)) {
    for (const interrupt of interrupts) {
      const question = objectIn(interrupt, 'value');
      // What it waits for is its user's to answer, and a call that waits for it nobody's to run.
      answer.begin();
      answer.text(stringIn(interrupt, 'value') ?? (question ? JSON.stringify(question) : ''));
    }
    return true;
  }
  const nodes = Object.values(update);
  const isNode = (node: unknown) => isObject(node) || node === null;
  // Asked before lists are opened: this sees the events of all families that come later.
  if (!nodes.every(isNode)) return false;
  const added = nodes.flatMap((node): unknown => node);
  const lists = added.map((node) => objectIn(node, 'messages')).filter(isObject);
  return added.every(isNode) && lists.map((list) => readMessages(list, channel('updates'), answer)).includes(true);
}

/** A message or a state under the name of a result. */
function readResult(value: JsonValue, answer: Answer): boolean {
  return ['result', 'response', 'output', 'message'].some((name) => {
    const inner = objectIn(value, name);
    if (!inner) return false;
    const message = toMessage(inner);
    if (message) readMessage(message, channel('result'), answer);
    return message !== undefined || (isState(inner) && readState(inner, answer));
  });
}

function readEvent(event: string, value: JsonValue, answer: Answer): boolean {
  const data = objectIn(value, 'data') ?? {};
  const isTool = isInTool(objectIn(value, 'metadata')?.['langgraph_checkpoint_ns']);
  if (event === 'on_tool_end' || (!isTool && /^on_chat_model_(stream|end)$/.test(event))) {
    const id = stringIn(value, 'run_id');
    readEventData(data, answer, id);
  }
  return true;
}

/** What an event holds; JavaScript's runtime sends nothing but this. */
function readEventData(data: JsonValue, answer: Answer, id?: string): boolean {
  const [chunk, output] = [toMessage(data['chunk']), toMessage(data['output'])];
  if (chunk) readMessage({ ...chunk, isChunk: true }, channel('events'), answer, id);
  // Told only where nothing was streamed.
  else if (output) readMessage({ ...output, isChunk: false }, channel('event ends'), answer, id);
  return chunk !== undefined || output !== undefined;
}
