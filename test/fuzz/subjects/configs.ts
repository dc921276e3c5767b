import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { APIError } from '../../../src/index.ts';
import { ConfigError, createProxy, loadConfig } from '../../../src/proxy.ts';
import { damage, damages } from '../bytes.ts';
import { mutate, mutations } from '../mutations.ts';
import { toValues } from '../values.ts';
import { wordsOf } from '../words.ts';

const { names } = wordsOf('proxy/config-schema.ts', 'policy/router-options.ts');
const values = toValues({
  names,
  values: [
    'os.environ/HOME',
    'os.environ/toString',
    'os.environ/',
    'bedrock/agent/A/B',
    '*',
    'simple-shuffle',
    '1',
    'true',
    'a',
  ],
});
const section = fc
  .array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 4 })
  .map((all): object => Object.fromEntries(all));

const configs = fc.record({
  model_list: fc.array(
    fc.record({
      model_name: fc.constantFrom('a', '*', 'b'),
      litellm_params: section.map((more) => ({ model: 'bedrock/agent/A/B', ...more })),
    }),
    { maxLength: 3 },
  ),
  general_settings: section,
  router_settings: section,
  environment_variables: fc.constantFrom<unknown>(
    {},
    { FUZZED: 'x' },
    { ['__proto__']: 'x' },
    { FUZZED: { toString: 1 } },
    [],
  ),
});

const marks = [
  '&a ',
  '*a',
  '<<: ',
  '- ',
  ': ',
  '!!binary ',
  '!!set ',
  '|\n',
  '---\n',
  '? ',
  '"',
  '{',
  '[',
  '%YAML 1.1\n',
  '\t',
  '#',
  '!<tag> ',
];

const file = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'config.yaml');

/** Configuration files: YAML that is none, and YAML that says what no proxy can be. */
export const property = fc.asyncProperty(
  configs,
  mutations,
  damages,
  fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...marks)), { maxLength: 2 }),
  async (config, changes, damaged, marked) => {
    const yaml = marked.reduce(
      (text, [at, mark]) => {
        const place = text.indexOf(' ', at * text.length) + 1;
        return text.slice(0, place) + mark + text.slice(place);
      },
      stringify(mutate(config, changes)),
    );
    writeFileSync(file, damage(Buffer.from(yaml), damaged));
    try {
      const loaded = await loadConfig(file, { HOME: '/home' });
      // What it says of Redis and of the environment would reach out of this process.
      const router = Object.entries(loaded.router).filter(([name]) => !name.startsWith('redis_'));
      createProxy({ ...loaded, router: { model_list: [], ...Object.fromEntries(router) }, environment: {} });
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof APIError)) throw error;
    }
  },
);
