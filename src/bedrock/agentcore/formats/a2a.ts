import { BadGatewayError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

/** What was told of a task, by answer: its artifacts may say again what its status said, and the other way about. */
interface Told {
  /** Pieces that may be said again as one. */
  pieces: string[];
  /** The artifacts that were streamed. */
  readonly artifacts: Set<string>;
}

const tolds = new WeakMap<Answer, Told>();

function toldIn(answer: Answer): Told {
  const told = tolds.get(answer) ?? { pieces: [], artifacts: new Set() };
  tolds.set(answer, told);
  return told;
}

/**
 * The results of the A2A protocol: 0.3 with its `kind`s, 1.0 with its wrappers, in JSON-RPC or bare. A task that has not
 * come to a rest at the end of the body was cut short.
 * https://a2a-protocol.org/latest/specification/
 */
export const a2a: Format = {
  name: 'a2a',
  fields: ['jsonrpc', 'kind', 'message', 'task', 'statusUpdate', 'artifactUpdate'],
  read(value, answer) {
    const result = value['jsonrpc'] === '2.0' ? objectIn(value, 'result') : value;
    if (!result) return false;
    const kind = stringIn(result, 'kind') ?? '';
    const task = objectIn(result, 'task') ?? (kind === 'task' ? result : undefined);
    const status = objectIn(result, 'statusUpdate') ?? (kind === 'status-update' ? result : undefined);
    const artifact = objectIn(result, 'artifactUpdate') ?? (kind === 'artifact-update' ? result : undefined);
    const message = kind === 'message' ? result : objectIn(result, 'message');
    if (task && objectIn(task, 'status')) readTask(task, answer);
    else if (status && objectIn(status, 'status')) readStatus(objectIn(status, 'status') ?? {}, answer, false);
    else if (artifact && objectIn(artifact, 'artifact')) readArtifact(objectIn(artifact, 'artifact') ?? {}, answer);
    else if (message && Array.isArray(message['parts'])) readMessage(message, answer);
    else return false;
    return true;
  },
};

function readTask(task: JsonValue, answer: Answer): void {
  const artifacts = Array.isArray(task['artifacts']) ? task['artifacts'].filter(isObject) : [];
  for (const artifact of artifacts) readArtifact(artifact, answer, true);
  const status = objectIn(task, 'status') ?? {};
  const history = Array.isArray(task['history']) ? task['history'].filter(isObject) : [];
  // Its pieces, which an artifact or a status puts together.
  if (artifacts.length === 0 && !objectIn(status, 'message') && isAtRest(status)) {
    const said = history.slice(history.findLastIndex((message) => !isAgents(message)) + 1);
    for (const message of said) readMessage(message, answer);
  }
  readStatus(status, answer, true);
}

/** States by their names in 0.3; 1.0 writes `TASK_STATE_INPUT_REQUIRED`. */
function toState(status: JsonValue): string {
  const state = stringIn(status, 'state') ?? 'unknown';
  return state
    .replace(/^TASK_STATE_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function isAtRest(status: JsonValue): boolean {
  return !['submitted', 'working'].includes(toState(status));
}

function readStatus(status: JsonValue, answer: Answer, isTask: boolean): void {
  const state = toState(status);
  const told = toldIn(answer);
  const message = objectIn(status, 'message');
  const said = message && isAgents(message) ? toText(message['parts']) : '';
  switch (state) {
    case 'submitted':
    case 'working':
      answer.beginRun();
      // A task tells where it stands, and its updates tell it again.
      if (isTask || !message) return;
      answer.reasoning(toThought(message['parts']));
      answer.text(said);
      told.pieces.push(said);
      return;
    case 'failed':
    case 'rejected':
      return answer.fail(
        new BadGatewayError(said === '' ? `The agent's task ended as ${state}.` : said, {
          code: state,
          retryable: false,
        }),
      );
    default:
      tellOnce(message, said, answer);
      return answer.endRun(state === 'completed' ? undefined : state);
  }
}

/** An artifact, or a piece of one. */
function readArtifact(artifact: JsonValue, answer: Answer, isTask = false): void {
  const text = toText(artifact['parts']);
  const id = stringIn(artifact, 'artifactId') ?? '';
  const told = toldIn(answer);
  if (told.artifacts.has(id)) {
    if (isTask) return;
    told.pieces.push(text);
  } else if (isRepeated(text, told)) {
    return;
  }
  if (!isTask) told.artifacts.add(id);
  answer.within(id);
  answer.text(text);
  readData(artifact['parts'], answer);
}

/** Whether it is what the last pieces said; from then on, only it is said again. */
function isRepeated(text: string, told: Told): boolean {
  // Python's `str(result)` ends with a line break of its own.
  const again = text.trimEnd();
  if (again === '') return false;
  const { pieces } = told;
  let length = 0;
  let start = pieces.length;
  while (start > 0 && length < again.length) {
    const piece = pieces[--start] ?? '';
    length += (length === 0 ? piece.trimEnd() : piece).length;
  }
  told.pieces = [text];
  return pieces.slice(start).join('').trimEnd() === again;
}

function tellOnce(message: JsonValue | undefined, text: string, answer: Answer): void {
  readData(message?.['parts'], answer);
  if (text === '' || isRepeated(text, toldIn(answer))) return;
  answer.begin();
  answer.text(text);
}

function readMessage(message: JsonValue, answer: Answer): void {
  if (!isAgents(message)) return;
  answer.message({ text: toText(message['parts']), reasoning: toThought(message['parts']), calls: [] });
  readData(message['parts'], answer);
}

/** Data is shown where no text is. */
function readData(parts: unknown, answer: Answer): void {
  for (const data of toData(parts)) answer.lastResort(JSON.stringify(data));
}

function isAgents(message: JsonValue): boolean {
  return /agent$/i.test(stringIn(message, 'role') ?? 'agent');
}

function toText(parts: unknown): string {
  return toParts(parts, false);
}

function toThought(parts: unknown): string {
  return toParts(parts, true);
}

function toParts(parts: unknown, thought: boolean): string {
  const list = Array.isArray(parts) ? parts : [];
  return list.map((part) => (isThought(part) === thought ? (stringIn(part, 'text') ?? '') : '')).join('');
}

/** Google's ADK tells its thoughts in parts that say so. */
function isThought(part: unknown): boolean {
  return objectIn(part, 'metadata')?.['adk_thought'] === true;
}

function toData(parts: unknown): readonly unknown[] {
  return Array.isArray(parts) ? parts.flatMap((part) => objectIn(part, 'data') ?? []) : [];
}
