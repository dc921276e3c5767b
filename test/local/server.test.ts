import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startLocalBedrock } from '../../src/local.ts';

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/any-abcdefghij';
const path = `/runtimes/${encodeURIComponent(arn)}/invocations`;

test('close ends the calls that are still open', async () => {
  const bedrock = await startLocalBedrock({
    runtimes: {
      [arn]: async function* () {
        yield 'part';
        await sleep(60_000, undefined, { ref: false });
      },
    },
  });
  const response = await fetch(bedrock.url + path, { method: 'POST', body: '{}' });
  const reading = response.text();
  await Promise.all([expect(reading).rejects.toThrow(), bedrock.close()]);
  await expect(fetch(bedrock.url + path, { method: 'POST' })).rejects.toThrow();
});

test('close may be called twice', async () => {
  const bedrock = await startLocalBedrock();
  await bedrock.close();
  await bedrock.close();
});

test('a port that is taken is an error', async () => {
  const bedrock = await startLocalBedrock();
  const port = Number(new URL(bedrock.url).port);
  await expect(startLocalBedrock({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await bedrock.close();
});
