import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadRequestError } from '../../src/index.ts';
import { hints, own, sessionNames, settings } from '../../src/openai/names.ts';
import { checkAllowed } from '../../src/http/allowed.ts';

/** What this package acts on itself and callers of a proxy may say all the same. */
const callers = [
  'additional_drop_params',
  'allowed_openai_params',
  'drop_params',
  'messages',
  'model',
  'signal',
  'stream',
  'tools',
];

/** Hints that LiteLLM's own proxy adds: nobody outside may. */
const inside = ['custom_llm_provider', 'litellm_logging_obj', 'litellm_request_debug', 'model_info'];

const refused = (name: string, value: unknown = 'x') => {
  try {
    checkAllowed({ [name]: value });
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param: name });
    expect((error as Error).message).toContain(`allow_client: [${name}]`);
    return true;
  }
};

describe('a caller may give', () => {
  const hinted = [...hints].filter((name) => ![...inside, 'proxy_server_request', 'secret_fields'].includes(name));

  it.each([...settings.keys(), ...sessionNames.keys(), ...hinted, ...callers])('%s', (name) => {
    expect(refused(name)).toBe(false);
  });

  it.each(
    'qualifier runtimeSessionId runtimeUserId sessionState invocationId memoryId endSession enableTrace accountId mcpSessionId traceId streamingConfigurations contextId actorId customer_id client_tier session_timeout tier extra_body'.split(
      ' ',
    ),
  )("AWS's and custom ones: %s", (name) => expect(refused(name)).toBe(false));

  it('nothing under any name', () => {
    for (const name of ['aws_region_name', 'api_base']) expect(refused(name, null)).toBe(false);
  });
});

describe('a caller may not give', () => {
  it.each([...own].filter((name) => !callers.includes(name)))('what is about the call and not in it: %s', (name) => {
    expect(refused(name)).toBe(true);
  });

  it.each(
    'api_key api_base base_url api_version aws_bedrock_runtime_endpoint region_name extra_headers headers fallbacks context_window_fallbacks default_fallbacks model_list max_response_bytes ssl_verify mock_response litellm_credential_name'.split(
      ' ',
    ),
  )('%s', (name) => expect(refused(name)).toBe(true));

  it('any name that begins like credentials, be it known or not', () => {
    fc.assert(fc.property(fc.stringMatching(/^(aws|api)_[a-z_]+$/), (name) => refused(name)));
  });

  it.each(inside)("what only LiteLLM's proxy itself says: %s", (name) => expect(refused(name)).toBe(true));
});

it('what a model allows may be given, and nothing else', () => {
  expect(() => checkAllowed({ aws_region_name: 'x' }, ['aws_region_name'])).not.toThrow();
  expect(() => checkAllowed({ aws_region_name: 'x', api_key: 'y' }, ['aws_region_name'])).toThrow(/^api_key /);
});
