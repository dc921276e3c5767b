import { basename, extname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswer } from '../../../src/bedrock/agentcore/answer.ts';
import { createReader, formats } from '../../../src/bedrock/agentcore/events.ts';
import type { Format, JsonValue } from '../../../src/bedrock/agentcore/formats/format.ts';
import { bytesOf, filesIn, play, type Played, recorded } from '../../support/recordings.ts';

const types: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.sse': 'text/event-stream; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

interface Reading extends Played {
  /** The families that knew a value, without the words that stand for no family. */
  readonly families: readonly string[];
}

/** Reads a recording with these formats, in this order. */
function readWith(file: string, list: readonly Format[]): Reading {
  const families = new Set<string>();
  const heard = list.map((format): Format => ({
    name: format.name,
    read(value, answer, read) {
      let isKnown = true;
      try {
        isKnown = format.read(value, answer, read);
        return isKnown;
      } finally {
        // What it throws, it knew.
        if (isKnown) families.add(format.name);
      }
    },
  }));
  const reader = createReader(types[extname(file)], { type: 'families', formats: heard });
  const played = play(reader, [bytesOf(`agentcore/${file}`)]);
  return { ...played, families: [...families].sort() };
}

/** Which families read each recording; text and strings are of none. */
const readers: Readonly<Record<string, readonly string[]>> = {
  'a2a03-agent-card.json': [],
  'a2a03-jsonrpc-invalid-request.json': ['error'],
  'a2a10-legacycompat-message-stream.sse': ['a2a'],
  'a2a10-send-message-task.json': ['a2a'],
  'a2a10-v03method-version-mismatch-error.json': ['error'],
  'agentcore-a2a-runtime-error-424.json': ['error'],
  'agentcore-bma-error-in-200.json': ['error'],
  'agentcore-py-double-framed.sse': ['generic'],
  'agentcore-py-json-http404.json': ['error'],
  'agentcore-py-json-null.json': [],
  'agentcore-py-json-plain-string.json': [],
  'agentcore-py-nonserialisable.sse': [],
  'agentcore-py-stream-error.sse': ['error'],
  'agentcore-py-string-deltas.sse': [],
  'agentcore-py-text-plain.txt': [],
  'agentcore-ts-406-no-sse-accept.json': ['error'],
  'agentcore-ts-json-error500.sse': [],
  'agentcore-ts-json-plain-string.json': [],
  'agentcore-ts-stream-error.sse': [],
  'agentcore-ts-string-deltas.sse': [],
  'agui-chunks-clienttool.sse': ['ag-ui'],
  'agui-text-tool-reasoning.sse': ['ag-ui'],
  'autogen-py-run-stream.sse': ['autogen'],
  'aws-docs-json-response-status.json': ['generic'],
  'aws-docs-sse-event-string.sse': ['generic'],
  'claude-agent-sdk-py-partial.sse': ['anthropic', 'claude-sdk'],
  'crewai-py-json-crewoutput.json': ['crewai'],
  'custom-cumulative-strings.sse': [],
  'custom-json-error-200.json': ['error'],
  'custom-stage-chunk-complete.sse': ['custom'],
  'genai-chatbot-double-framed-thinking-content.sse': ['custom'],
  'google-adk-py-camel-events.sse': ['google-adk'],
  'google-adk-ts-events.sse': ['google-adk'],
  'langgraph-py-content.sse': [],
  'langgraph-py-converse-lastmsg.json': ['langgraph'],
  'langgraph-py-converse-updates.sse': ['langgraph'],
  'langgraph-py-last-content.json': [],
  'langgraph-py-legacy-updates-repr.sse': ['langgraph'],
  'langgraph-py-messages-dump.sse': ['langgraph'],
  'langgraph-py-messages-raw.sse': ['langgraph'],
  'langgraph-py-result.json': ['generic'],
  'langgraph-py-values.sse': ['langgraph'],
  'llamaindex-py-agentstream.sse': ['llama-index'],
  'mastra-text-plain-stream.txt': [],
  'mcp-invalid-request-prompt.json': ['error'],
  'mcp-tools-call.sse': ['mcp'],
  'openai-agents-py-raw-event-repr.sse': ['openai-responses'],
  'openai-agents-ts-raw.sse': ['openai-responses'],
  'openai-agents-ts-result.json': ['generic'],
  'openai-chat-chunks.sse': ['openai-chat'],
  'openai-chat-completion.json': ['openai-chat'],
  'pydantic-ai-py-stream-events.sse': ['pydantic-ai'],
  'spring-ai-flux-string.sse': [],
  'strands-py-a2a03-legacy-message-send.json': ['a2a'],
  'strands-py-fast-text.sse': ['converse', 'generic', 'strands'],
  'strands-py-inline-tool-pending.sse': ['converse'],
  'strands-py-json-agentresult-wrapped.json': [],
  'strands-py-json-result-message.json': ['generic'],
  'strands-py-json-result-str.json': ['generic'],
  'strands-py-json-string-lines.sse': ['converse', 'strands'],
  'strands-py-json-string.json': [],
  'strands-py-multiagent-graph-defaultstr.sse': ['converse', 'generic', 'strands'],
  'strands-py-raw-guardrail.sse': ['converse', 'strands'],
  'strands-py-raw-model-error.sse': ['converse', 'strands'],
  'strands-py-raw-tool-reasoning.sse': ['converse', 'strands'],
  'strands-py-tool-stream-subagent.sse': ['converse', 'generic', 'strands'],
  'strands-ts-0.1.6-raw-text.sse': ['strands-typescript'],
  'strands-ts-1.0.0-raw-text.sse': ['strands-typescript'],
  'strands-ts-a2a03-message-send-error.json': ['a2a'],
  'strands-ts-a2a03-message-send.json': ['a2a'],
  'strands-ts-a2a03-message-stream.sse': ['a2a'],
  'strands-ts-cli-template.sse': [],
  'strands-ts-json-agentresult.json': ['strands-typescript'],
  'strands-ts-json-result-str.json': ['generic'],
  'strands-ts-ndjson-error.txt': ['error', 'strands-typescript'],
  'strands-ts-raw-text.sse': ['strands-typescript'],
  'strands-ts-raw-tool-reasoning.sse': ['strands-typescript'],
  'vercel-ai4-data-stream-tool-reasoning.txt': ['ai-sdk'],
  'vercel-ai6-text-stream.txt': [],
  'vercel-ai6-ui-message-stream-client-tool.sse': ['ai-sdk'],
  'vercel-ai6-ui-message-stream-tool-reasoning.sse': ['ai-sdk'],
};

const rows = Object.entries(readers);

/** These stand last, for agents of no family: they look for words where anybody might put them. */
const last = ['custom', 'generic'];
const families = formats.filter(({ name }) => !last.includes(name));
const others = formats.filter(({ name }) => last.includes(name));

/** Families that know a value of a recording when they are asked alone. */
function knowersOf(file: string): string[] {
  const known = families.filter((format) => readWith(file, [format]).families.length > 0).map(({ name }) => name);
  // Strands in Python wraps the events of Converse, and so knows them.
  return known.includes('strands') ? known.filter((name) => name !== 'converse') : known;
}

describe.skipIf(!recorded)('the family of a recording', () => {
  test.each(rows)('of %s is %j', (file, names) => {
    expect(readWith(file, formats).families).toEqual(names);
  });

  test('is said of every recording', () => {
    const files = filesIn('agentcore', '').filter((file) => !/(\.md|EXPECTED\.json)$/.test(file));
    expect(files.map((file) => basename(file)).filter((file) => !(file in readers))).toEqual([]);
  });

  const ofOne = recorded ? rows.filter(([file]) => knowersOf(file).length === 1) : [];

  test('is one, mostly', () => {
    expect(ofOne.length).toBeGreaterThan(30);
  });

  test.each(ofOne)('reads %s the same, whatever the order of the families', (file) => {
    const { events, error } = readWith(file, formats);
    const expectSame = (list: readonly Format[]): void => {
      expect(readWith(file, [...list, ...others])).toMatchObject({ events, ...(error !== undefined && { error }) });
    };
    expectSame([...families].reverse());
    fc.assert(fc.property(fc.shuffledSubarray(families, { minLength: families.length }), expectSame), { numRuns: 20 });
  });
});

/** The objects of a recording, as families are asked for them. */
function objectsOf(file: string): JsonValue[] {
  const objects: JsonValue[] = [];
  const listener: Format = {
    name: 'listener',
    read(value) {
      if (!Array.isArray(value)) objects.push(value);
      return false;
    },
  };
  readWith(file, [listener, ...formats]);
  return objects;
}

describe.skipIf(!recorded)('a family that names its fields', () => {
  const objects = recorded ? rows.flatMap(([file]) => objectsOf(file)) : [];

  test.each(formats.filter(({ fields }) => fields).map((format) => [format.name, format] as const))(
    'knows no object without one of them: %s',
    (_, { fields = [], read }) => {
      const names = [...new Set(objects.flatMap((object) => Object.keys(object)))].filter(
        (name) => !fields.includes(name),
      );
      const values = objects.flatMap((object) => Object.values(object));
      const isKnown = (value: JsonValue) =>
        read(
          value,
          createAnswer(() => undefined),
          () => false,
        );
      for (const object of objects) {
        const others = Object.entries(object).filter(([name]) => !fields.includes(name));
        expect(isKnown(Object.fromEntries(others))).toBe(false);
      }
      const made = fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...values));
      fc.assert(fc.property(made, (value) => !isKnown(value)));
    },
  );
});
