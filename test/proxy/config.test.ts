import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, describe, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/proxy/config.ts';
import { ConfigError } from '../../src/proxy/config-file.ts';

/** Loads the first of these files; the others lie beside it. */
async function load(files: string | Readonly<Record<string, string>>, environment: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const all = typeof files === 'string' ? { 'config.yaml': files } : files;
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
  return loadConfig(join(folder, Object.keys(all)[0] ?? ''), environment);
}

/** What is wrong, without the folder. */
async function problemsOf(...given: Parameters<typeof load>): Promise<readonly string[]> {
  const error: unknown = await load(...given).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) return expect.unreachable(`not a ConfigError: ${String(error)}`);
  return error.problems.map((problem) => problem.replaceAll(/\S*\/config-\w+\//g, ''));
}

const list = `
model_list:
  - model_name: my-agent
    litellm_params:
      model: bedrock/agent/A/B
`;

describe("LiteLLM's file", () => {
  it('is read as its documentation has it', async () => {
    const { router, keys, masterKey, warnings } = await load(
      `
model_list:
  - model_name: agentcore-runtime-1
    litellm_params:
      model: bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: us-west-2

  - model_name: agentcore-runtime-2
    litellm_params:
      model: bedrock/agentcore/arn:aws:bedrock-agentcore:us-east-1:987654321098:runtime/production-runtime
      aws_region_name: us-east-1
`,
      { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' },
    );
    expect(router).toEqual({
      model_list: [
        {
          model_name: 'agentcore-runtime-1',
          litellm_params: {
            model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
            aws_access_key_id: 'AKID',
            aws_secret_access_key: 'secret',
            aws_region_name: 'us-west-2',
          },
        },
        {
          model_name: 'agentcore-runtime-2',
          litellm_params: {
            model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-east-1:987654321098:runtime/production-runtime',
            aws_region_name: 'us-east-1',
          },
        },
      ],
    });
    expect({ keys, masterKey, warnings }).toEqual({ keys: [], masterKey: undefined, warnings: [] });
  });

  it('has its settings where a router takes them, the more special ones first', async () => {
    const { router, includeUsage, masterKey, maxBodyBytes, keys } = await load(`${list}
      qualifier: production
      weight: 2
      tier: gold
    model_info: { id: one, mode: chat }
litellm_settings: { drop_params: yes, num_retries: 3, request_timeout: 600, fallbacks: [{ a: [b] }], allowed_fails: 2 }
router_settings: { num_retries: 1, routing_strategy: least-busy, redis_host: localhost }
general_settings:
  master_key: sk-master
  always_include_stream_usage: true
  max_request_size_mb: 8
  keys:
    - { name: team, key: sk-team, models: [my-agent], rpm: 60 }
`);
    expect(router).toEqual({
      num_retries: 1,
      allowed_fails: 2,
      timeout: 600,
      fallbacks: [{ a: ['b'] }],
      routing_strategy: 'least-busy',
      redis_host: 'localhost',
      default_litellm_params: { drop_params: true },
      model_list: [
        {
          model_name: 'my-agent',
          litellm_params: { model: 'bedrock/agent/A/B', qualifier: 'production', weight: 2, tier: 'gold' },
          model_info: { id: 'one', mode: 'chat' },
        },
      ],
    });
    expect({ includeUsage, masterKey, maxBodyBytes }).toEqual({
      includeUsage: true,
      masterKey: 'sk-master',
      maxBodyBytes: 8_000_000,
    });
    expect(keys).toEqual([{ name: 'team', key: 'sk-team', models: ['my-agent'], rpm: 60 }]);
  });

  it('may use anchors', async () => {
    const { router } = await load(`
model_list:
  - model_name: one
    litellm_params: &shared { model: bedrock/agent/A/B, aws_region_name: eu-west-1 }
  - model_name: two
    litellm_params: { <<: *shared, model: bedrock/agent/C/D }
`);
    expect(router.model_list[1]?.litellm_params).toEqual({ model: 'bedrock/agent/C/D', aws_region_name: 'eu-west-1' });
  });

  it('says what callers may give beside what all callers may: what every row of a name allows', async () => {
    const row = (name: string, allowed: string) =>
      `  - { model_name: ${name}, litellm_params: { model: bedrock/agent/A/B }, allow_client: ${allowed} }\n`;
    const { allowClient } = await load(
      `model_list:\n${row('a', '[api_key, aws_region_name]')}${row('b', '[api_key]')}${row('a', '[api_key, x]')}`,
    );
    expect(allowClient).toEqual(
      new Map([
        ['a', ['api_key']],
        ['b', ['api_key']],
      ]),
    );
  });
});

describe('the environment', () => {
  it('is referred to anywhere, for numbers and flags too', async () => {
    const { router, masterKey } = await load(
      `${list}      rpm: os.environ/RPM
      custom: { deep: [os.environ/DEEP] }
litellm_settings: { drop_params: os.environ/DROP }
general_settings: { master_key: os.environ/MASTER }
`,
      { RPM: '60', DEEP: 'down', DROP: 'True', MASTER: 'sk-1' },
    );
    expect(router.model_list[0]?.litellm_params).toMatchObject({ rpm: 60, custom: { deep: ['down'] } });
    expect(router['default_litellm_params']).toEqual({ drop_params: true });
    expect(masterKey).toBe('sk-1');
  });

  it('may be set by the file', async () => {
    const { environment, router } = await load(
      `environment_variables: { REGION: eu-west-1, PORT: 8080, COPY: os.environ/HOST }
${list}      aws_region_name: os.environ/REGION
`,
      { REGION: 'us-east-1', HOST: 'here' },
    );
    expect(environment).toEqual({ REGION: 'eu-west-1', PORT: '8080', COPY: 'here' });
    expect(router.model_list[0]?.litellm_params['aws_region_name']).toBe('eu-west-1');
  });

  it('may hold the master key', async () => {
    expect((await load(list, { LITELLM_MASTER_KEY: 'sk-env' })).masterKey).toBe('sk-env');
    const own = `${list}general_settings: { master_key: sk-file }\n`;
    expect((await load(own, { LITELLM_MASTER_KEY: 'sk-env' })).masterKey).toBe('sk-file');
  });

  it('that lacks something is an error that names it, all at once', async () => {
    const problems = await problemsOf(`${list}      api_key: os.environ/ONE
general_settings:
  master_key: os.environ/TWO
`);
    expect(problems).toEqual([
      'config.yaml:6: model_list.0.litellm_params.api_key: the environment variable ONE is not set.',
      'config.yaml:8: general_settings.master_key: the environment variable TWO is not set.',
    ]);
  });
});

describe('what is wrong', () => {
  it('is told by path and line, all of it, and without the value', async () => {
    const problems = await problemsOf(`${list}      timeout: secret
      rpm: [1]
  - model_name: 7
    litellm_params: { aws_region_name: us-west-2 }
litellm_settings:
  num_retries: 1.5
router_settings: []
`);
    expect(problems).toEqual([
      'config.yaml:6: model_list.0.litellm_params.timeout: expected a number, got a text.',
      'config.yaml:7: model_list.0.litellm_params.rpm: expected a number, got a list.',
      'config.yaml:8: model_list.1.model_name: expected a text, got a number.',
      'config.yaml:9: model_list.1.litellm_params.model: expected a text, got nothing.',
      'config.yaml:11: litellm_settings.num_retries: expected a whole number, got a number.',
      'config.yaml:12: router_settings: expected a map, got a list.',
    ]);
  });

  it.each([
    ['', 'config.yaml: model_list: at least one model is needed.'],
    ['model_list: []', 'config.yaml: model_list: at least one model is needed.'],
    [`${list}general_settings: { master_key: '' }`, 'config.yaml: general_settings.master_key: it is empty.'],
    [
      `${list}a0: &a0 [x]\n${Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`).join('\n')}`,
      'config.yaml: its aliases (*name) stand for too much, for themselves or for nothing.',
    ],
    [`${list}a: &a [*a]`, 'config.yaml: its aliases (*name) stand for too much, for themselves or for nothing.'],
    [`${list}a: &a { b: *a }`, 'config.yaml: its aliases (*name) stand for too much, for themselves or for nothing.'],
    [`${list}a: *a`, 'config.yaml: its aliases (*name) stand for too much, for themselves or for nothing.'],
    [`a: ${'['.repeat(5000)}`, 'config.yaml:1: this is not valid YAML (RESOURCE_EXHAUSTION).'],
    ['- a list', 'config.yaml:1: expected a map, got a list.'],
    ['a: [secret', 'config.yaml:1: this is not valid YAML (BAD_INDENT).'],
  ])('is told of %j', async (text, problem) => {
    expect((await problemsOf(text))[0]).toBe(problem);
  });

  it('with keys is told without them', async () => {
    const problems = await problemsOf(`${list}
general_settings:
  master_key: sk-1
  keys:
    - { name: a, key: sk-1 }
    - { name: a, key: sk-2, models: [nobody] }
    - { name: b, key: '' }
`);
    expect(problems).toEqual([
      'config.yaml: general_settings.keys: a: its value is that of another key, too.',
      'config.yaml: general_settings.keys: a: there is another key of this name.',
      'config.yaml: general_settings.keys: a: there is no model named nobody.',
      'config.yaml: general_settings.keys: b: the key is empty.',
    ]);
  });

  it('with a master key of the environment that is empty, or that is another key too, is told', async () => {
    const key = `${list}general_settings: { keys: [{ name: a, key: sk-1 }] }\n`;
    expect(await problemsOf(list, { LITELLM_MASTER_KEY: '' })).toEqual([
      'config.yaml: LITELLM_MASTER_KEY: it is empty.',
    ]);
    expect(await problemsOf(key, { LITELLM_MASTER_KEY: 'sk-1' })).toEqual([
      'config.yaml: general_settings.keys: a: its value is that of another key, too.',
    ]);
  });

  it('with a file that is not there is told', async () => {
    await expect(loadConfig('/nowhere/config.yaml', {})).rejects.toThrow(
      '/nowhere/config.yaml cannot be read (ENOENT).',
    );
  });
});

it('a key may be for an alias, and for every model', async () => {
  const { keys, router } = await load(`${list}
router_settings: { model_group_alias: { other: my-agent } }
litellm_settings: { require_auth_for_metrics_endpoint: true }
general_settings: { keys: [{ name: a, key: sk-1, models: [other] }, { name: b, key: sk-2, models: ['*'] }] }
`);
  expect(keys.map(({ models }) => models)).toEqual([['other'], ['*']]);
  expect(router).not.toHaveProperty('require_auth_for_metrics_endpoint');
});

it('names of prototypes are names like any other', async () => {
  const { router } = await load(`${list}      __proto__: { polluted: 1 }
      constructor: { prototype: { polluted: 1 } }
__proto__: { polluted: 1 }
router_settings: { __proto__: { polluted: 1 } }
general_settings: { __proto__: { allow_anonymous: true } }
`);
  expect({}).not.toHaveProperty('polluted');
  expect(router).not.toHaveProperty('polluted');
});

it('unknown names are a warning by path, once each; custom parameters are none', async () => {
  const { warnings, router } = await load(`${list}      my_own: 1
    model_info: { anything: 1 }
    nonsense: 1
litellm_settings: { callbacks: [x] }
router_settings: { caching_groups: [] }
general_settings:
  database_url: x
  keys: [{ name: a, key: b, budget: 1 }]
guardrails: []
`);
  expect(warnings.map((warning) => warning.replace(/^.*\/config\.yaml/, 'config.yaml'))).toEqual([
    'config.yaml:14: guardrails is not known here.',
    'config.yaml:9: litellm_settings.callbacks is not known here.',
    'config.yaml:10: router_settings.caching_groups is not known here.',
    'config.yaml:12: general_settings.database_url is not known here.',
    'config.yaml:13: general_settings.keys.0.budget is not known here.',
    'config.yaml:8: model_list.0.nonsense is not known here.',
  ]);
  expect(router).not.toHaveProperty('caching_groups');
});

describe('included files', () => {
  it('add their models and keys; what the including file says counts more', async () => {
    const { router, keys } = await load({
      'main.yaml': `include: [agents.yaml]\n${list}\nrouter_settings: { num_retries: 5 }\n`,
      'agents.yaml': `
model_list: [{ model_name: other, litellm_params: { model: bedrock/agent/C/D } }]
router_settings: { num_retries: 1, timeout: 30 }
general_settings: { keys: [{ name: a, key: sk-a }] }
`,
    });
    expect(router.model_list.map(({ model_name }) => model_name)).toEqual(['my-agent', 'other']);
    expect(router).toMatchObject({ num_retries: 5, timeout: 30 });
    expect(keys).toEqual([{ name: 'a', key: 'sk-a' }]);
  });

  it('are named where they are wrong', async () => {
    const problems = await problemsOf({
      'main.yaml': `include: [agents.yaml]\n${list}`,
      'agents.yaml': 'model_list:\n  - model_name: other\n    litellm_params: none\n',
    });
    expect(problems).toEqual(['agents.yaml:3: model_list.0.litellm_params: expected a map, got a text.']);
    expect(await problemsOf(`include: [missing.yaml]\n${list}`)).toEqual([
      'missing.yaml, which config.yaml includes, cannot be read (ENOENT).',
    ]);
    expect(await problemsOf(`include: [config.yaml]\n${list}`)).toEqual([
      'config.yaml, which config.yaml includes, includes itself.',
    ]);
  });
});
