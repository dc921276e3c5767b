import { expect } from 'vitest';
import type { AgentEvent } from '../../src/agent.ts';
import type { AgentFormat } from '../../src/bedrock/agentcore/agent-format.ts';
import { createReader } from '../../src/bedrock/agentcore/events.ts';
import { APIError } from '../../src/errors.ts';

/** What an answer comes to. */
export interface Reading {
  /** Messages set off by a blank line, as `chunks.ts` does it. */
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly string[];
  readonly usage: readonly [number, number] | undefined;
  readonly finish: string | undefined;
  /** The agent's own word for it. */
  readonly raw: string | undefined;
  readonly error: string | undefined;
}

/** Reads a whole body, as the reader's caller would. */
export function read(body: string, contentType: string | undefined, format?: AgentFormat): Reading {
  const events: AgentEvent[] = [];
  let error: unknown;
  try {
    const reader = createReader(contentType, format);
    reader.read(Buffer.from(body), events);
    reader.end(events);
  } catch (thrown) {
    error = thrown;
  }
  const said = { text: '', reasoning: '' };
  const apart = { text: false, reasoning: false };
  for (const event of events) {
    if (event.type === 'message') apart.text = apart.reasoning = true;
    if (event.type !== 'text' && event.type !== 'reasoning') continue;
    said[event.type] += (apart[event.type] && said[event.type] !== '' ? '\n\n' : '') + event.text;
    apart[event.type] = false;
  }
  const told = events.filter((event) => event.type === 'usage');
  const usages = told.slice(
    Math.max(
      0,
      told.findLastIndex((usage) => usage.total === true),
    ),
  );
  const sum = (count: (usage: (typeof usages)[number]) => number) => usages.reduce((all, one) => all + count(one), 0);
  if (error !== undefined) expect(error).toBeInstanceOf(APIError);
  return {
    ...said,
    calls: events.flatMap((event) => (event.type === 'tool-call' ? [`${event.name}(${event.arguments})`] : [])),
    usage: usages.length > 0 ? [sum((one) => one.inputTokens), sum((one) => one.outputTokens)] : undefined,
    finish: events.find((event) => event.type === 'finish')?.reason,
    raw: events.find((event) => event.type === 'finish')?.raw,
    error: error instanceof APIError ? error.message : undefined,
  };
}

/** Values as a Python agent's runtime frames what it yields. */
export function sse(...values: readonly unknown[]): string {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('');
}
