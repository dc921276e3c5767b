import { timingSafeEqual } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { AuthenticationError, PermissionDeniedError } from '../../src/index.ts';
import { checkModel, createKeys } from '../../src/proxy/keys.ts';

// Node's own, which is counted.
vi.mock(import('node:crypto'), async (load) => {
  const crypto = await load();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});

const team = { name: 'team', key: 'sk-team', models: ['support'], rpm: 5 };
const identify = createKeys('sk-master', [team, { name: 'other', key: 'sk-other' }]);
const headers = (authorization: string) => new Headers({ authorization });

describe('a key', () => {
  it.each(['Bearer sk-team', 'bearer   sk-team ', 'BEARER sk-team'])('is read from %j', (authorization) => {
    expect(identify(headers(authorization))).toMatchObject({
      type: 'named',
      name: 'team',
      models: ['support'],
      rpm: 5,
    });
  });

  it.each([
    ['x-litellm-api-key', 'sk-master'],
    ['x-litellm-api-key', 'Bearer sk-master'],
    ['api-key', 'sk-master'],
  ])('is read from the header %s, too (%s)', (name, value) => {
    expect(identify(new Headers({ [name]: value }))).toEqual({ type: 'master' });
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic c2stdGVhbQ=='])('is missed in %j', (authorization) => {
    expect(() => identify(headers(authorization))).toThrow(AuthenticationError);
    expect(() => identify(headers(authorization))).toThrow(/needs a key/);
  });

  it.each(['sk-tea', 'sk-teams', 'SK-TEAM', 'sk-team sk-team', 'undefined'])(
    'that is none is refused, and not repeated: %s',
    (key) => {
      const ask = () => identify(headers(`Bearer ${key}`));
      expect(ask).toThrow(AuthenticationError);
      expect(ask).not.toThrow(key);
    },
  );

  it('that is empty is none, even where a key of the configuration is', () => {
    const careless = createKeys('', [{ name: 'empty', key: '' }]);
    for (const name of ['authorization', 'x-litellm-api-key', 'api-key']) {
      for (const value of ['', ' ', 'Bearer', 'Bearer ']) {
        expect(() => careless(new Headers({ [name]: value }))).toThrow(AuthenticationError);
      }
    }
  });

  it("in LiteLLM's own header goes before the others, which may be for whoever stands before the proxy", () => {
    const all = { 'x-litellm-api-key': 'sk-team', authorization: 'Bearer sk-master', 'api-key': 'sk-other' };
    expect(identify(new Headers(all))).toMatchObject({ name: 'team' });
    expect(identify(new Headers({ ...all, 'x-litellm-api-key': '' }))).toEqual({ type: 'master' });
  });

  it('is compared with each of them in constant time, found or not', () => {
    for (const key of ['sk-master', 'sk-team', 'sk-other', 'sk-none', 'x'.repeat(10_000)]) {
      vi.mocked(timingSafeEqual).mockClear();
      expect(() => {
        identify(headers(`Bearer ${key}`));
        throw new AuthenticationError('found');
      }).toThrow(AuthenticationError);
      const compared = vi.mocked(timingSafeEqual).mock.calls.map((pair) => pair.map(({ byteLength }) => byteLength));
      expect(compared).toEqual([1, 2, 3].map(() => [32, 32]));
    }
  });

  it('is nowhere in what is remembered of it', () => {
    expect(JSON.stringify(identify(headers('Bearer sk-team')))).not.toContain('sk-team');
  });
});

it('without keys, everybody is let in, whatever they send', () => {
  const open = createKeys(undefined, []);
  for (const authorization of ['', 'Bearer anything']) expect(open(headers(authorization))).toEqual({ type: 'master' });
});

it('with named keys only, nobody is the master', () => {
  const named = createKeys(undefined, [team]);
  expect(() => named(headers('Bearer sk-master'))).toThrow(AuthenticationError);
  expect(named(headers('Bearer sk-team'))).toMatchObject({ name: 'team' });
});

it('a key may be for some models', () => {
  expect(() => checkModel(identify(headers('Bearer sk-team')), 'support')).not.toThrow();
  expect(() => checkModel(identify(headers('Bearer sk-team')), 'sales')).toThrow(PermissionDeniedError);
  for (const key of ['sk-other', 'sk-master']) checkModel(identify(headers(`Bearer ${key}`)), 'sales');
});
