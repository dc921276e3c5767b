// What a user does on a runtime, against a local Bedrock there. It exits with the number of steps that failed.
import { completion, BadRequestError, createRouter } from 'bedrock-agents-openai';
import { createFetch } from 'bedrock-agents-openai/fetch';
import { startLocalBedrock } from 'bedrock-agents-openai/local';
import { createProxy, loadConfig } from 'bedrock-agents-openai/proxy';
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';

const { bun, deno, node } = process.versions;
const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
let failed = 0;

async function step(name: string, run: () => Promise<void>): Promise<void> {
  const silence = new AbortController();
  const silent = sleep(30_000, undefined, { signal: silence.signal }).then(() => {
    throw new Error('30 seconds of silence');
  });
  try {
    await Promise.race([run(), silent]);
    console.log(`${runtime}: ${name}`);
  } catch (error) {
    failed++;
    console.log(`${runtime}: ${name} FAILED`, error);
  }
  silent.catch(() => undefined);
  silence.abort();
}

let ended = 0;
const bedrock = await startLocalBedrock({ onCall: () => ended++ });
Object.assign(process.env, bedrock.env, { AWS_EC2_METADATA_DISABLED: 'true' });
const arn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012';
const models = {
  'a Bedrock agent': 'bedrock/agent/HELLO/LIVE',
  'an AgentCore runtime': `bedrock/agentcore/${arn}:runtime/hello-abcdefghij`,
  'a harness': `bedrock/agentcore/${arn}:harness/hello-abcdefghij`,
};
const agent = models['a Bedrock agent'];
const messages = [{ role: 'user' as const, content: 'Hi there' }];
/** It would take ten seconds to say all of this back. */
const long = [{ role: 'user' as const, content: 'word '.repeat(2000) }];
const answer = 'You said: Hi there\n\nThis is turn 1 of this session.';

/** Whether AWS notices within some seconds that its caller left. */
async function isLeft(before: number): Promise<boolean> {
  for (let waited = 0; ended === before && waited < 8000; waited += 20) await sleep(20);
  return ended > before;
}

async function read(stream: AsyncIterable<{ choices: { delta: { content?: string | null } }[] }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { choices } of stream) texts.push(choices[0]?.delta.content ?? '');
  return texts;
}

for (const [name, model] of Object.entries(models)) {
  await step(`${name} answers whole`, async () => {
    const { choices, usage } = await completion({ model, messages });
    equal(choices[0]?.message.content, answer);
    ok((usage?.total_tokens ?? 0) > 0);
  });
  await step(`${name} streams`, async () => {
    equal((await read(await completion({ model, messages, stream: true }))).join(''), answer);
  });
  await step(`${name} is left at once`, async () => {
    const before = ended;
    for await (const { choices } of await completion({ model, messages: long, stream: true })) {
      if (choices[0]?.delta.content) break;
    }
    ok(await isLeft(before), 'AWS was not left');
  });
  for (const fault of ['reset', 'truncate']) {
    await step(`${name} that breaks off (${fault}) is an error`, async () => {
      const broken = await startLocalBedrock({ faults: { [fault]: 1 } });
      await rejects(async () => read(await completion({ model, messages, stream: true, api_base: broken.url })));
      await broken.close();
    });
  }
}

await step('a signal ends a stream with its reason', async () => {
  const controller = new AbortController();
  const stream = await completion({ model: agent, messages: long, stream: true, signal: controller.signal });
  controller.abort(new Error('enough'));
  await rejects(() => read(stream), /enough/);
});

await step('wrong parameters are an error of this package', async () => {
  await rejects(completion({ model: 'nonsense', messages }), BadRequestError);
});

await step("OpenAI's client asks through createFetch", async () => {
  const client = new OpenAI({ apiKey: 'unused', fetch: createFetch({ aws_region_name: 'us-west-2' }) });
  equal((await read(await client.chat.completions.create({ model: agent, messages, stream: true }))).join(''), answer);
});

await step('a router answers', async () => {
  const router = createRouter({ model_list: [{ model_name: 'hello', litellm_params: { model: agent } }] });
  equal((await router.completion({ model: 'hello', messages })).choices[0]?.message.content, answer);
});

await step('the proxy answers, streams, measures, and leaves AWS when its caller leaves', async () => {
  const rows = [{ model_name: 'hello', litellm_params: { model: agent } }];
  // JSON is YAML, too.
  await writeFile('config.yaml', JSON.stringify({ model_list: rows, general_settings: { master_key: 'sk-1' } }));
  const proxy = await createProxy(await loadConfig('config.yaml')).listen({ port: 0 });
  const client = new OpenAI({ apiKey: 'sk-1', baseURL: `${proxy.url}/v1` });
  deepEqual((await client.models.list()).data.map(({ id }) => id), ['hello']); // prettier-ignore
  equal((await client.chat.completions.create({ model: 'hello', messages })).choices[0]?.message.content, answer);
  equal(
    (await read(await client.chat.completions.create({ model: 'hello', messages, stream: true }))).join(''),
    answer,
  );
  const metrics = await fetch(`${proxy.url}/metrics`, { headers: { authorization: 'Bearer sk-1' } });
  ok((await metrics.text()).includes('hello'));
  const before = ended;
  for await (const chunk of await client.chat.completions.create({ model: 'hello', messages: long, stream: true })) {
    if (chunk.choices[0]?.delta.content) break;
  }
  ok(await isLeft(before), 'AWS was not left');
  await proxy.close();
});

await bedrock.close();
console.log(`${runtime}: ${failed === 0 ? 'everything works' : `${failed} failed`}\n`);
// Kept connections would hold the process for a while.
process.exit(failed);
