import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/agents/events.ts';
import { toOutline } from '../../../src/bedrock/agents/outline.ts';
import { chunk, event } from '../../support/frames.ts';
import { filesIn, frameEnds, bytesOf } from '../../support/recordings.ts';

/** What an outline promises, said with a parser: the same value, its long texts empty. */
function withoutLongTexts(json: string): unknown {
  const shorten = (_: string, value: unknown) =>
    typeof value === 'string' && JSON.stringify(value).length - 1 > 2048 ? '' : value;
  return JSON.parse(json, shorten);
}

describe('the outline of a JSON text', () => {
  it('is the same value without its long texts, whatever quotes and backslashes they hold', () => {
    const long = fc
      .tuple(
        fc.string({ unit: fc.constantFrom('"', '\\', 'a', '{', ':', ',', 'é', '\n') }),
        fc.integer({ max: 900, min: 1 }),
      )
      .map(([text, times]) => text.repeat(times));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.jsonValue(),
        long,
        fc.array(tie('any')),
        fc.dictionary(fc.string(), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (any, space) => {
        const json = JSON.stringify(any, null, space);
        expect(JSON.parse(toOutline(json))).toEqual(withoutLongTexts(json));
      }),
    );
  });

  it('of what is no JSON is none, wherever it ends', () => {
    const json = JSON.stringify({ text: 'A "long" text\\ '.repeat(300), then: 1 });
    for (let length = 0; length < json.length; length += 7) {
      expect(() => void JSON.parse(toOutline(json.slice(0, length)))).toThrow(SyntaxError);
    }
  });

  it('of every recorded event is its value without long texts', () => {
    for (const file of filesIn('agents/wire', '.bin')) {
      const bytes = bytesOf(file);
      const ends = frameEnds(bytes);
      ends.forEach((end, index) => {
        const start = ends[index - 1] ?? 0;
        const json = bytes.toString('latin1', start + 12 + bytes.readUInt32BE(start + 4), end - 4);
        expect(JSON.parse(toOutline(json))).toEqual(withoutLongTexts(json));
      });
    }
  });
});

describe('a trace that the caller is not shown', () => {
  const text = 'What nobody "may" lose: € '.repeat(500);
  const traceId = 'step-1';
  const finding = { topicPolicy: { topics: [{ name: text, type: 'DENY', action: 'BLOCKED' }] } };
  const reference = { content: { text }, location: { type: 'WEB', webLocation: { url: 'https://example.com/a' } } };

  it.each([
    ['a rationale', { orchestrationTrace: { rationale: { traceId, text } } }],
    [
      'reasoning',
      {
        orchestrationTrace: {
          modelInvocationOutput: {
            traceId,
            reasoningContent: { reasoningText: { text } },
            rawResponse: { content: text },
          },
        },
      },
    ],
    ['what a guardrail found', { guardrailTrace: { action: 'INTERVENED', inputAssessments: [finding] } }],
    ['why a step failed', { failureTrace: { traceId, failureReason: text, failureCode: 424 } }],
    [
      'what was looked up',
      { orchestrationTrace: { observation: { knowledgeBaseLookupOutput: { retrievedReferences: [reference] } } } },
    ],
  ])('tells %s all the same, however long it is', (_, trace) => {
    const read = (showTraces: boolean) => {
      const events: AgentEvent[] = [];
      const reader = createReader({ showTraces, asked: { sessionId: 's', agentId: 'A', tools: [] } });
      reader.read(Buffer.concat([event('trace', { trace }), chunk('Hi')]), events);
      reader.end(events);
      return events.filter(({ type }) => type !== 'trace');
    };
    expect(read(false)).toEqual(read(true));
    expect(JSON.stringify(read(false))).toContain(JSON.stringify(text).slice(1, -1));
  });
});
