import fc from 'fast-check';
import { pino } from 'pino';
import { createSharedRouter } from '../../../src/default.ts';
import { createProxyOf } from '../../../src/proxy/proxy.ts';
import { damage, damages } from '../bytes.ts';
import { mutate, mutations } from '../mutations.ts';
import { texts, toValues } from '../values.ts';
import { wordsOf } from '../words.ts';

/** The names of unexpected errors, as they are logged. */
const unexpected: string[] = [];
const log = pino(
  { base: {} },
  {
    write(line) {
      if (line.includes('UnexpectedError')) unexpected.push(line);
    },
  },
);

const row = (model_name: string, mock_response: unknown) => ({
  model_name,
  litellm_params: {
    model: 'bedrock/agent/AGENT/ALIAS',
    mock_response,
    aws_access_key_id: 'A',
    aws_secret_access_key: 'B',
  },
});
const proxy = createProxyOf(
  {
    router: {
      model_list: [
        row('whole', 'You said so.'),
        row('fails', 'litellm.RateLimitError'),
        row('breaks', 'Exception: mock_streaming_error'),
      ],
    },
    allowClient: new Map([['whole', ['timeout', 'headers', 'mock_response']]]),
    masterKey: 'sk-master',
    keys: [{ name: 'limited', key: 'sk-limited', models: ['whole'], rpm: 1_000_000 }],
    includeUsage: false,
    allowAnonymous: false,
    metricsNeedKey: false,
    maxBodyBytes: 20_000,
    environment: {},
    warnings: [],
  },
  { createRouter: createSharedRouter, log },
);

const { names } = wordsOf('openai/schema.ts', 'openai/names.ts', 'openai/parameters.ts', 'http/allowed.ts');
const beside = fc
  .array(
    fc.tuple(fc.constantFrom(...names), toValues({ names, values: ['whole', 'fails', 'a', 'function', 'text'] })),
    { maxLength: 3 },
  )
  .map((all): object => Object.fromEntries(all));
const bodies = fc
  .tuple(
    fc.record({
      model: fc.constantFrom(
        'whole',
        'fails',
        'breaks',
        'nobody',
        'bedrock/agent/AGENT/ALIAS',
        '__proto__',
        'bedrock/agentcore/http://[::1]:1',
      ),
      messages: fc.array(fc.record({ role: fc.constantFrom('user', 'system', 'assistant', 'tool'), content: texts }), {
        minLength: 1,
        maxLength: 3,
      }),
      stream: fc.boolean(),
    }),
    beside,
    mutations,
  )
  .map(([body, more, changes]) => mutate<object>({ ...body, ...more }, changes));

const headerNames = [
  'x-session-id',
  'x-litellm-call-id',
  'x-conversation-id',
  'x-stainless-retry-count',
  'accept',
  'content-length',
  'x-litellm-api-key',
];
const headers = fc
  .array(
    fc.tuple(
      fc.constantFrom(...headerNames),
      fc.constantFrom('1', 'a', '{{x}}', '\u00e9', ' ', '-1', '9'.repeat(40), 'x'.repeat(9000)),
    ),
    { maxLength: 3 },
  )
  .map((all): Record<string, string> => Object.fromEntries(all));

const paths = fc.oneof(
  { weight: 8, arbitrary: fc.constant('/v1/chat/completions') },
  fc.constantFrom(
    '/v1/models',
    '/v1/models/%zz',
    '/models/__proto__',
    '/openai/deployments/whole/chat/completions?x=1',
    '/health',
    '/',
  ),
  texts.map((text) => `/${encodeURIComponent(Buffer.from(text).toString())}`),
);

const requests = fc.record({
  path: paths,
  method: fc.oneof(
    { weight: 8, arbitrary: fc.constant('POST') },
    fc.constantFrom('GET', 'PUT', 'OPTIONS', 'HEAD', 'DELETE'),
  ),
  key: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('Bearer sk-master', 'Bearer sk-limited') },
    fc.constantFrom('', 'Basic x', 'Bearer  ', 'bearer x y'),
  ),
  type: fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/json') },
    fc.constantFrom('text/plain', 'application/json;x', 'APPLICATION/JSON', ''),
  ),
  headers,
  body: bodies,
  damaged: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: damages }),
});

/** Requests to the proxy, whoever sends them: each is answered in OpenAI's form, and none with what nobody expected. */
export const property = fc.asyncProperty(
  requests,
  async ({ path, method, key, type, headers: more, body, damaged }) => {
    const bytes = damage(Buffer.from(JSON.stringify(body)), damaged);
    const response = await proxy.fetch(`http://proxy${path}`, {
      method,
      headers: { ...more, authorization: key, 'content-type': type },
      ...(method !== 'GET' && method !== 'HEAD' && { body: bytes }),
    });
    const text = await response.text();
    if (unexpected.length > 0) throw new Error(unexpected.splice(0).join('\n'));
    if (response.status === 500 && !/The mock broke off/.test(text)) throw new Error(`It is answered with ${text}.`);
    if (response.headers.get('content-type') === 'text/event-stream') return checkStream(text);
    if (method === 'HEAD' || text === '') return;
    const told = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    if (!response.ok && typeof told.error?.message !== 'string') throw new Error(`An error without words: ${text}`);
  },
);

function checkStream(text: string): void {
  const events = text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => event.replace(/^data: /, ''));
  const last = events.pop();
  const isError = last?.startsWith('{"error":');
  if (last !== '[DONE]' && !isError) throw new Error(`The stream ends in ${last}.`);
  const finishes = events.filter((event) => /"finish_reason":"/.test(event)).length;
  if (finishes !== (isError ? 0 : 1)) throw new Error(`The stream has ${finishes} ends.`);
}
