import { expect, it } from 'vitest';
import { createOnce } from '../../src/bedrock/once.ts';

it('is made once for all who ask, and again after it failed', async () => {
  let made = 0;
  const readOnce = createOnce(() => (++made === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(made)));
  const first = await Promise.allSettled([readOnce(), readOnce()]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await Promise.all([readOnce(), readOnce()])).toEqual([2, 2]);
});
