import { randomUUID } from 'node:crypto';
import type { AgentRequest, FilePart, UserTurn } from '../../../agent.ts';
import { type InputFile, toInputFiles } from '../../files.ts';

/** What a payload is made of. */
export interface Said {
  readonly request: AgentRequest;
  readonly sessionId: string;
  /** Parameters for the agent itself. */
  readonly custom: Readonly<Record<string, unknown>>;
  /** LiteLLM's `forward_multimodal_content`. */
  readonly forwardsContent: boolean;
}

/** One form of payload that agents take. */
export interface Form {
  /** The field that holds what is said; a form of the caller's own has none. */
  readonly field?: string;
  /** Whether it has a place for the caller's tools. */
  readonly carriesTools: boolean;
  /** A JSON value, a string or bytes. */
  readonly toPayload: (said: Said) => unknown;
}

/** How a form writes the parts of a user's message. */
export interface PartWriter<T> {
  readonly toText: (text: string) => T;
  readonly toFile: (file: InputFile) => T;
}

/**
 * A user's message as a form's own parts, none of them blank. What is new is refused where it cannot be sent; in earlier
 * turns such a file is only named, for its agent has answered long ago.
 */
export function toParts<T>({ parts }: UserTurn, isNew: boolean, { toText, toFile }: PartWriter<T>): readonly T[] {
  const isSent = (part: FilePart) => isNew || (part.content !== undefined && part.kind !== 'audio');
  const sent = parts.filter((part) => part.type === 'file').filter(isSent);
  const files = toInputFiles(sent, 'AgentCore');
  return parts.flatMap((part) => {
    if (part.type === 'text') return part.text.trim() === '' ? [] : [toText(part.text)];
    const file = files[sent.indexOf(part)];
    return [file ? toFile(file) : toText(`[file: ${part.name}]`)];
  });
}

/** An id for what is said once. */
export function createId(kind: string): string {
  return `${kind}-${randomUUID()}`;
}
