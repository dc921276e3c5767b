import { describe, expect, it } from 'vitest';
import { BadRequestError, type ChatCompletionMessage, completion } from '../../../src/index.ts';
import { chunk, event } from '../../support/frames.ts';
import { serve } from '../../support/loopback.ts';
import { agentModel as model, reach } from '../../support/models.ts';

let frames: readonly Buffer[] = [];
const aws = await serve((response) => {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.end(Buffer.concat(frames));
});

const messages = [{ role: 'user', content: 'Hello' }] as const;

async function read(...sent: readonly Buffer[]): Promise<ChatCompletionMessage> {
  frames = sent;
  const { choices } = await completion({ model, messages, ...reach(aws.url) });
  return choices[0]?.message ?? expect.unreachable('an answer has a message');
}

/** The deltas of the same answer as a stream. */
async function stream(...sent: readonly Buffer[]) {
  frames = sent;
  const deltas = [];
  for await (const { choices } of await completion({ model, messages, stream: true, ...reach(aws.url) })) {
    if (choices[0]) deltas.push(choices[0].delta);
  }
  return deltas;
}

const trace = (step: unknown, callerChain: readonly unknown[] = [{}]) => event('trace', { callerChain, trace: step });
const cite = (text: string, ...retrievedReferences: readonly unknown[]) => ({
  generatedResponsePart: { textResponsePart: { text, span: { start: 7, end: 9 } } },
  retrievedReferences,
});
const cited = (text: string, ...citations: readonly unknown[]) =>
  event('chunk', { bytes: Buffer.from(text).toString('base64'), attribution: { citations } });
const web = (url: string, metadata?: object) => ({
  content: { text: 'source text', type: 'TEXT' },
  location: { type: 'WEB', webLocation: { url } },
  ...(metadata && { metadata }),
});
const lookup = (...retrievedReferences: readonly unknown[]) =>
  trace({ orchestrationTrace: { observation: { knowledgeBaseLookupOutput: { retrievedReferences } } } });

describe('citations of an agent', () => {
  it.each([
    ['WEB', { webLocation: { url: 'https://example.com/a/guide%20one.html' } }, 'guide one.html'],
    ['CONFLUENCE', { confluenceLocation: { url: 'https://example.com/wiki/' } }, 'example.com'],
    ['SALESFORCE', { salesforceLocation: { url: 'https://example.com/case' } }, 'case'],
    ['SHAREPOINT', { sharePointLocation: { url: 'https://example.com/doc%' } }, 'doc%'],
    ['KENDRA', { kendraDocumentLocation: { uri: 'https://example.com/k.pdf' } }, 'k.pdf'],
    ['S3', { s3Location: { uri: 's3://bucket/folder/report.pdf' } }, 'report.pdf'],
  ])('of %s have an address and a title', async (type, location, title) => {
    const reference = { content: { text: 'x' }, location: { type, ...location } };
    const message = await read(cited('The sky.', cite('The sky.', reference)));
    const url = /"ur[il]":"([^"]*)"/.exec(JSON.stringify(location))?.[1];
    expect(message.annotations).toEqual([
      { type: 'url_citation', url_citation: { url, title, start_index: 0, end_index: 8 } },
    ]);
    expect(message.provider_specific_fields?.citations).toEqual([cite('The sky.', reference)]);
  });

  it.each([
    ['CUSTOM', { customDocumentLocation: { id: '2222' } }, {}],
    ['SQL', { sqlLocation: { query: 'SELECT 1' } }, {}],
    ['a location of tomorrow', {}, { 'x-amz-bedrock-kb-source-uri': '2222' }],
    ['an address that is none', { webLocation: { url: 'https://[' } }, {}],
  ])('of %s have no address and stand only in provider_specific_fields', async (type, location, metadata) => {
    const citation = cite('The sky.', { location: { type, ...location }, metadata });
    const message = await read(cited('The sky.', citation));
    expect(message).not.toHaveProperty('annotations');
    expect(message.provider_specific_fields?.citations).toEqual([citation]);
  });

  it('take the title and the address from the metadata where they stand there', async () => {
    const titled = web('https://example.com/x', { title: 'A guide' });
    const custom = {
      location: { type: 'CUSTOM', customDocumentLocation: { id: '1' } },
      metadata: { 'x-amz-bedrock-kb-source-uri': 'https://example.com/y' },
    };
    const { annotations } = await read(cited('The sky.', cite('The sky.', titled, custom)));
    expect(annotations?.map((each) => [each.url_citation.url, each.url_citation.title])).toEqual([
      ['https://example.com/x', 'A guide'],
      ['https://example.com/y', 'y'],
    ]);
  });

  it('name a document once for the same words, however many of its parts were found', async () => {
    const { annotations } = await read(
      cited('The sky.', cite('The sky.', web('https://example.com/x'), web('https://example.com/x'))),
    );
    expect(annotations).toHaveLength(1);
  });

  it('come after their text and once more, whole, at the end', async () => {
    const one = cite('Blue.', web('https://example.com/1'));
    const two = cite('Wide.', web('https://example.com/2'));
    const deltas = await stream(cited('Blue.', one), cited(' Wide.', two));
    const told = deltas.map(({ content, annotations, provider_specific_fields: fields }) => [
      content,
      annotations?.map((each) => each.url_citation.url),
      fields?.citations,
    ]);
    expect(told).toEqual([
      ['Blue.', undefined, undefined],
      [undefined, ['https://example.com/1'], [one]],
      [' Wide.', undefined, undefined],
      [undefined, ['https://example.com/2'], [two]],
      [undefined, ['https://example.com/1', 'https://example.com/2'], [one, two]],
    ]);
  });

  it('that AWS leaves out appear as looked up', async () => {
    const found = [web('https://example.com/1'), web('https://example.com/2')];
    const lookedUp = { retrievedReferences: found, looked_up: true };
    for (const last of [chunk('Blue.'), cited('Blue.', cite('Blue.'))]) {
      const message = await read(lookup(...found), lookup(), last);
      expect(message).not.toHaveProperty('annotations');
      expect(message.provider_specific_fields?.citations?.at(-1)).toEqual(lookedUp);
    }
  });

  it('that AWS gives are not repeated as looked up', async () => {
    const citation = cite('Blue.', web('https://example.com/1'));
    const { provider_specific_fields: fields } = await read(lookup(web('https://a.example')), cited('Blue.', citation));
    expect(fields?.citations).toEqual([citation]);
  });
});

describe('files of an agent', () => {
  const files = event('files', {
    files: [
      { name: 'a.csv', type: 'text/csv', bytes: 'YQ==' },
      { name: 'p.png', type: 'image/png', bytes: 'cG5n' },
      { name: 'q.svg', type: 'image/svg+xml', bytes: 'c3Zn' },
    ],
  });

  it('are images, or files under provider_specific_fields', async () => {
    const message = await read(files, chunk('Done.'));
    expect(message.images).toEqual([
      { type: 'image_url', index: 0, image_url: { url: 'data:image/png;base64,cG5n' }, name: 'p.png' },
      { type: 'image_url', index: 1, image_url: { url: 'data:image/svg+xml;base64,c3Zn' }, name: 'q.svg' },
    ]);
    expect(message.provider_specific_fields?.files).toEqual([{ name: 'a.csv', type: 'text/csv', bytes: 'YQ==' }]);
    expect(message.content).toBe('Done.');
  });

  it('are an answer without any text', async () => {
    expect(await read(files)).toMatchObject({ content: '', images: [{ name: 'p.png' }, { name: 'q.svg' }] });
  });
});

describe('guardrails and failures', () => {
  const blocked = { action: 'INTERVENED', inputAssessments: [{ topicPolicy: { topics: [{ action: 'BLOCKED' }] } }] };
  const masked = { action: 'INTERVENED', outputAssessments: [{ piiEntities: [{ action: 'ANONYMIZED' }] }] };
  const nothing = { action: 'NONE', inputAssessments: [{}] };

  it.each([
    ['blocks the answer', [blocked], 'content_filter', [blocked]],
    ['says only that it intervened', [{ action: 'INTERVENED' }], 'content_filter', [{ action: 'INTERVENED' }]],
    ['masks a name', [masked], 'stop', [masked]],
    ['finds nothing', [nothing], 'stop', undefined],
  ])('a guardrail that %s', async (_, traces, finish, guardrails) => {
    frames = [...traces.map((guardrailTrace) => trace({ guardrailTrace })), chunk('Sorry.')];
    const { choices } = await completion({ model, messages, ...reach(aws.url) });
    expect(choices[0]?.finish_reason).toBe(finish);
    expect(choices[0]?.message.provider_specific_fields?.guardrails).toEqual(guardrails);
  });

  it('a guardrail of a collaborator is told and does not block the answer', async () => {
    frames = [trace({ guardrailTrace: blocked }, [{}, {}]), chunk('Fine.')];
    const { choices } = await completion({ model, messages, ...reach(aws.url) });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { provider_specific_fields: { guardrails: [blocked] } },
    });
  });

  const failureTrace = { failureReason: 'Max iterations exceeded', failureCode: 400 };

  it('a step that failed is noted where an apology follows', async () => {
    const message = await read(trace({ failureTrace }), chunk('Sorry.'));
    expect(message.provider_specific_fields?.failures).toEqual([failureTrace]);
    expect(message.content).toBe('Sorry.');
  });

  it('a step that failed is an error where nothing but an empty piece follows', async () => {
    await expect(read(trace({ failureTrace }), event('chunk', {}))).rejects.toThrow(/Max iterations/);
    await expect(read(event('files', { files: [] }))).rejects.toThrow(/without an answer/);
    expect((await read(event('chunk', {}))).content).toBe('');
  });

  it('a step that failed is an error where nothing follows, before anything was told', async () => {
    await expect(read(trace({ failureTrace }))).rejects.toThrow(BadRequestError);
    await expect(completion({ model, messages, stream: true, ...reach(aws.url) })).rejects.toThrow(/Max iterations/);
  });
});

describe('reasoning of an agent', () => {
  const thought = (traceId: string | undefined, text: string) =>
    trace({ orchestrationTrace: { rationale: { ...(traceId && { traceId }), text } } });
  const reasoned = (traceId: string, text: string) =>
    trace({
      orchestrationTrace: { modelInvocationOutput: { traceId, reasoningContent: { reasoningText: { text } } } },
    });

  it.each([
    ['its own content and its rationale', [reasoned('t-1', 'I think.\n'), thought('t-1', 'I think.')], 'I think.\n'],
    [
      'two collaborators at once',
      [reasoned('a-0', 'A'), reasoned('b-0', 'B'), thought('a-0', 'A'), thought('b-0', 'B')],
      'A\n\nB',
    ],
    ['the same in two steps', [thought('t-1', 'I look.'), thought('t-2', 'I look.')], 'I look.\n\nI look.'],
    ['the same twice in traces without an id', [thought(undefined, 'A'), thought(undefined, 'A')], 'A'],
    ['another rationale', [reasoned('t-1', 'A'), thought('t-1', 'B')], 'A\n\nB'],
  ])('is told once: %s', async (_, traces, expected) => {
    expect((await read(...traces, chunk('Hi'))).reasoning_content).toBe(expected);
  });
});

describe('what is strange', () => {
  it('does not cost the answer', async () => {
    const strange = [
      trace({
        guardrailTrace: { action: 'NONE', inputAssessments: null, outputAssessments: [{ invocationMetrics: {} }] },
      }),
      trace({ orchestrationTrace: { observation: { knowledgeBaseLookupOutput: { retrievedReferences: null } } } }),
      cited('Hi', { ...cite('Hi'), retrievedReferences: null }),
    ];
    const message = await read(...strange);
    expect(message.content).toBe('Hi');
    expect(message.provider_specific_fields).not.toHaveProperty('guardrails');
  });

  it.each([
    ['no invocation', { invocationInputs: [{ functionInvocationInput: { function: 'f' } }] }],
    ['no action', { invocationId: 'i' }],
    [
      'an action of tomorrow',
      { invocationId: 'i', invocationInputs: [{ functionInvocationInput: { function: 'f' } }, { other: {} }] },
    ],
  ])('is an error where it returns control with %s', async (_, returnControl) => {
    await expect(read(event('returnControl', returnControl))).rejects.toThrow(/returned control and/);
  });
});

it('raw traces arrive at their place in the stream', async () => {
  frames = [trace({ a: 1 }), chunk('One '), trace({ b: 2 }), chunk('two'), trace({ c: 3 })];
  const seen: unknown[] = [];
  const parameters = { model, messages, stream: true as const, enableTrace: true, ...reach(aws.url) };
  for await (const { choices } of await completion(parameters)) {
    const { content, provider_specific_fields: fields } = choices[0]?.delta ?? {};
    if (content !== undefined) seen.push(content);
    for (const each of (fields?.trace ?? []) as readonly { trace: unknown }[]) seen.push(each.trace);
  }
  expect(seen).toEqual([{ a: 1 }, 'One ', { b: 2 }, 'two', { c: 3 }]);
});
