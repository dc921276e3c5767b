import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { awsException, startLocalBedrock } from '../../src/local.ts';
import { startProxy } from '../support/proxy.ts';
import { freePort, hasRedis, startRedis } from '../support/redis.ts';

describe.skipIf(!hasRedis())('two replicas that share a Redis (needs redis-server)', async () => {
  let isThrottled = true;
  const asked: string[] = [];
  const aws = await startLocalBedrock({
    agents: {
      'A/LIVE': async function* () {
        asked.push('A');
        yield* [];
        if (isThrottled) throw awsException('ThrottlingException', 'No.');
        yield await Promise.resolve('from A');
      },
      'B/LIVE': async function* () {
        asked.push('B');
        yield await Promise.resolve('from B');
      },
    },
  });
  const port = await freePort();
  const redis = hasRedis() ? await startRedis(port) : undefined;
  afterAll(async () => {
    await aws.close();
    await redis?.stop();
  });
  const yaml = `
model_list:
  - { model_name: agent, litellm_params: { model: bedrock/agent/A/LIVE, order: 1 } }
  - { model_name: agent, litellm_params: { model: bedrock/agent/B/LIVE, order: 2 } }
router_settings: { redis_url: 'redis://127.0.0.1:${port}', cooldown_time: 60 }
general_settings:
  master_key: sk-master
  keys:
    - { name: few, key: sk-few, rpm: 3 }
`;
  const replicas = hasRedis() ? await Promise.all([1, 2].map(() => startProxy(yaml, { ...aws.env }))) : [];
  const body = { model: 'agent', messages: [{ role: 'user', content: 'OPENSESAME' }] };

  async function askAll(key: string, times: number): Promise<readonly number[]> {
    const all = Array.from({ length: times }, () => replicas).flat();
    const statuses: number[] = [];
    for (const replica of all) statuses.push((await replica.post(body, key)).status);
    return statuses;
  }

  it('rest a deployment that failed for one of them', async () => {
    expect((await replicas[0]?.post(body, 'sk-master'))?.status).toBe(200);
    expect(asked.splice(0)).toEqual(['A', 'B']);
    isThrottled = false;
    expect(await askAll('sk-master', 2)).toEqual([200, 200, 200, 200]);
    expect(asked.splice(0)).toEqual(['B', 'B', 'B', 'B']);
  });

  it("count a key's requests together", async () => {
    // The minute must not end in between.
    await sleep(Math.max(0, new Date().getUTCSeconds() - 50) * 1000);
    expect(await askAll('sk-few', 3)).toEqual([200, 200, 200, 429, 429, 429]);
  }, 30_000);

  it('know a session that the other began, though the deployment of a lower order is preferred for new ones', async () => {
    const ask = async (index: number, more: object) => {
      const response = await replicas[index]?.post({ ...body, ...more }, 'sk-master');
      return response?.headers.get('x-session-id') ?? '';
    };
    const session = await ask(0, {});
    expect(await ask(1, { sessionId: session })).toBe(session);
  });
});
