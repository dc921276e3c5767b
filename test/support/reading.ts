import { expect } from 'vitest';
import type { AgentEvent, Usage } from '../../src/agent.ts';
import type { AgentFormat } from '../../src/bedrock/agentcore/agent-format.ts';
import { createReader } from '../../src/bedrock/agentcore/events.ts';
import { APIError } from '../../src/errors.ts';

/** What a body says once it is read. */
export interface Reading {
  /** Messages set off by a blank line, as `chunks.ts` does it. */
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly string[];
  readonly usage: readonly [input: number, output: number] | undefined;
  readonly finish: string | undefined;
  /** The agent's own word for it. */
  readonly raw: string | undefined;
  readonly error: string | undefined;
}

/** Reads a body whole. */
export function read(body: string, contentType?: string, format?: AgentFormat): Reading {
  const events: AgentEvent[] = [];
  let error: unknown;
  try {
    const reader = createReader(contentType, format);
    reader.read(Buffer.from(body), events);
    reader.end(events);
  } catch (thrown) {
    error = thrown;
  }
  if (error !== undefined) expect(error).toBeInstanceOf(APIError);
  return {
    text: said(events, 'text'),
    reasoning: said(events, 'reasoning'),
    calls: events.flatMap((event) => (event.type === 'tool-call' ? [`${event.name}(${event.arguments})`] : [])),
    usage: sum(events),
    finish: events.find((event) => event.type === 'finish')?.reason,
    raw: events.find((event) => event.type === 'finish')?.raw,
    error: error instanceof APIError ? error.message : undefined,
  };
}

/** Values as a Python agent's runtime frames what it yields. */
export function sse(...values: readonly unknown[]): string {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('');
}

/** Reads values as a stream of events. */
export function readStream(...values: readonly unknown[]): Reading {
  return read(sse(...values), 'text/event-stream');
}

/** Reads a value as a whole body. */
export function readWhole(value: unknown): Reading {
  return read(JSON.stringify(value), 'application/json');
}

function said(events: readonly AgentEvent[], channel: 'text' | 'reasoning'): string {
  let text = '';
  let apart = false;
  for (const event of events) {
    if (event.type === 'message') apart = text !== '';
    if (event.type !== channel) continue;
    text += apart ? `\n\n${event.text}` : event.text;
    apart = false;
  }
  return text;
}

/** A total takes the place of what came before. */
function sum(events: readonly AgentEvent[]): Reading['usage'] {
  let usages: Usage[] = [];
  for (const event of events) if (event.type === 'usage') usages = event.total ? [event] : [...usages, event];
  if (usages.length === 0) return undefined;
  return [
    usages.reduce((all, { inputTokens }) => all + inputTokens, 0),
    usages.reduce((all, { outputTokens }) => all + outputTokens, 0),
  ];
}
