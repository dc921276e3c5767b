import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../src/agent.ts';
import { createReader as createAgentReader } from '../../src/bedrock/agents/events.ts';
import type { Reader } from '../../src/bedrock/call.ts';
import { createReader as createHarnessReader } from '../../src/bedrock/harness/events.ts';
import { checkShape } from '../../src/bedrock/shape.ts';
import { event } from '../support/frames.ts';

function read(reader: Reader, ...frames: readonly Buffer[]): readonly AgentEvent[] {
  const events: AgentEvent[] = [];
  reader.read(Buffer.concat(frames), events);
  reader.end(events);
  return events;
}

describe('a field that is null', () => {
  it('is as one that is left out, wherever it stands', () => {
    const value = { a: null, list: [{ b: null, c: 'c' }], map: { one: { b: null }, two: null }, other: null };
    checkShape(value, { a: 'string', list: [{ b: 'string', c: 'string' }], map: { '*': { b: 'number' } } });
    expect(value).toEqual({ list: [{ c: 'c' }], map: { one: {} }, other: null });
  });

  it('does not make a caller’s call one of the harness', () => {
    const frames = (toolUse: object) => [
      event('messageStart', { role: 'assistant' }),
      event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse } }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } }),
      event('messageStop', { stopReason: 'tool_use' }),
    ];
    const plain = { toolUseId: 't', name: 'find' };
    const reader = () => createHarnessReader(new Set(['find']));
    const expected = read(reader(), ...frames(plain));
    expect(expected).toContainEqual(expect.objectContaining({ type: 'tool-call', name: 'find' }));
    expect(read(reader(), ...frames({ ...plain, type: null, serverName: null }))).toEqual(expected);
  });

  it('is no file, and no kind of one', () => {
    const reader = () => createAgentReader({ showTraces: false, asked: { sessionId: 's', agentId: 'A', tools: [] } });
    const text = event('chunk', { bytes: 'aGk=' });
    expect(read(reader(), text, event('files', { files: null }))).toEqual(read(reader(), text));
    const file = { bytes: 'AQID' };
    expect(read(reader(), text, event('files', { files: [{ ...file, name: null, type: null }] }))).toEqual(
      read(reader(), text, event('files', { files: [file] })),
    );
  });
});
