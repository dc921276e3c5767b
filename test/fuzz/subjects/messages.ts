import fc from 'fast-check';
import { toInput as toAgentInput } from '../../../src/bedrock/agents/request.ts';
import { toInput as toHarnessInput } from '../../../src/bedrock/harness/request.ts';
import { toInvocation } from '../../../src/bedrock/agentcore/request.ts';
import { toCallId } from '../../../src/bedrock/agents/call-id.ts';
import { parseConnection } from '../../../src/bedrock/connection.ts';
import { APIError } from '../../../src/errors.ts';
import { parseRequest } from '../../../src/openai/request.ts';
import { mutate, mutations } from '../mutations.ts';
import { texts, toValues } from '../values.ts';
import { wordsOf } from '../words.ts';

const agent = { service: 'agents', agentId: 'AGENT', aliasId: 'ALIAS' } as const;
const harness = {
  service: 'harness',
  arn: 'arn:aws:bedrock-agentcore:us-west-2:123456789012:harness/h',
  region: 'us-west-2',
} as const;

const target = { type: 'function', name: 'getWeather' } as const;
const toId = (index: number) =>
  toCallId({
    sessionId: 'session-1',
    invocationId: 'invocation-1',
    index,
    count: 2,
    actionGroup: 'Weather',
    agentId: 'AGENT',
    target,
  });
const ids = fc.constantFrom(toId(0), toId(1), 'call_1', 'call_2', 'rc1_x', '__proto__', '');

const urls = fc.constantFrom(
  ...[
    'data:image/png;base64,AAAA',
    'data:text/plain,a%20b',
    'data:,%zz',
    'data:;;;;',
    'https://example.com/a.png',
    'x',
    '',
  ],
);
const part = fc.oneof(
  texts.map((text) => ({ type: 'text', text })),
  urls.map((url) => ({ type: 'image_url', image_url: { url } })),
  fc.record({
    type: fc.constant('file'),
    file: fc.record({ file_data: urls, filename: fc.constantFrom('a.pdf', '../x', '', '.', 'a.b.') }),
  }),
  fc.constant({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }),
);
const content = fc.oneof({ weight: 2, arbitrary: texts }, fc.array(part, { maxLength: 3 }));
const call = fc.record({
  id: ids,
  type: fc.constant('function'),
  function: fc.record({
    name: fc.constantFrom('getWeather', 'toString', ''),
    arguments: fc.oneof(fc.json({ maxDepth: 2 }), texts),
  }),
});
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer'), content: texts }),
  { weight: 3, arbitrary: fc.record({ role: fc.constant('user'), content }) },
  {
    weight: 2,
    arbitrary: fc.record({
      role: fc.constant('assistant'),
      content: fc.oneof(texts, fc.constant(null)),
      tool_calls: fc.array(call, { maxLength: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ role: fc.constant('tool'), content: texts, tool_call_id: ids }) },
);

const { names } = wordsOf(
  ...['agents/request', 'agentcore/request', 'harness/request', 'connection', 'parameters'].map(
    (name) => `bedrock/${name}.ts`,
  ),
  ...['names', 'schema', 'request'].map((name) => `openai/${name}.ts`),
);
const parameters = fc
  .array(
    fc.tuple(
      fc.constantFrom(...names),
      toValues({ names, values: ['a-session', 'us-west-2', 'text', 'a'.repeat(40)] }),
    ),
    { maxLength: 3 },
  )
  .map((entries): object => Object.fromEntries(entries));

const formats = fc.constantFrom(undefined, 'prompt', 'input.prompt', 'converse', 'ag-ui', 'a2a');

/** Lists of messages and parameters beside them, as each service and each form of payload is asked. */
export const property = fc.property(
  fc.record({ messages: fc.array(message, { minLength: 1, maxLength: 6 }) }),
  parameters,
  mutations,
  formats,
  fc.boolean(),
  (conversation, beside, changes, format, isForwarded) => {
    const asked = mutate({ model: 'bedrock/agent/AGENT/ALIAS', ...conversation, ...beside }, changes);
    const request = attempt(() => parseRequest(asked, (name) => name === 'a').request);
    if (!request) return;
    const forwarded = {
      ...request,
      parameters: { ...request.parameters, payload_format: format, forward_multimodal_content: isForwarded },
    };
    attempt(() => parseConnection(request));
    for (const toInput of [
      () => toAgentInput(agent, request).input,
      () => toHarnessInput(harness, request),
      () => JSON.parse(String(toInvocation(forwarded).input.payload)) as unknown,
    ]) {
      const input = attempt(toInput);
      if (input !== undefined) JSON.stringify(input);
    }
  },
);

/** What comes of it, or nothing where it is refused on purpose. */
function attempt<T>(create: () => T): T | undefined {
  try {
    return create();
  } catch (error) {
    if (error instanceof APIError) return undefined;
    throw error;
  }
}
