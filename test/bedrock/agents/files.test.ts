import { beforeEach, describe, expect, it } from 'vitest';
import { toCallId } from '../../../src/bedrock/agents/call-id.ts';
import { BadRequestError, completion } from '../../../src/index.ts';
import { chunk } from '../../support/frames.ts';
import { serve } from '../../support/loopback.ts';
import { agentModel as model, reach } from '../../support/models.ts';

const aws = await serve((response) => {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.end(chunk('Hi'));
});
beforeEach(() => void aws.received.splice(0));

const text = { type: 'text', text: 'Look at this.' };
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const image = (type = 'image/png', data = 'png') => ({
  type: 'image_url',
  image_url: { url: `data:${type};base64,${base64(data)}` },
});
const file = (filename?: string, type = '', content: string | Buffer = 'bytes') => ({
  type: 'file',
  file: {
    ...(filename !== undefined && { filename }),
    file_data: `${type && `data:${type};base64,`}${base64(content)}`,
  },
});

const ask = (content: unknown, more: object = {}) =>
  completion({
    model,
    ...reach(aws.url),
    // Contents of every shape, right and wrong.
    messages: [{ role: 'user', content: content as string }],
    ...more,
  });

async function send(content: unknown, more: object = {}): Promise<Record<string, unknown>> {
  await ask(content, more);
  expect(aws.received).toHaveLength(1);
  return JSON.parse(aws.received[0]?.body ?? '') as Record<string, unknown>;
}

async function filesOf(...parts: readonly unknown[]): Promise<unknown> {
  return ((await send([text, ...parts]))['sessionState'] as Record<string, unknown>)['files'];
}

async function refuse(content: unknown, more: object = {}): Promise<BadRequestError> {
  const error: unknown = await ask(content, more).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BadRequestError);
  expect(aws.received).toEqual([]);
  return error as BadRequestError;
}

const sent = (name: string, mediaType: string, useCase: string, content: string) => ({
  name,
  useCase,
  source: { sourceType: 'BYTE_CONTENT', byteContent: { mediaType, data: base64(content) } },
});

describe('attachments of a message', () => {
  it('travel beside its text', async () => {
    expect(await send([text, image(), { type: 'text', text: ' Well?' }])).toEqual({
      enableTrace: true,
      inputText: 'Look at this. Well?',
      sessionState: { files: [sent('image-1.png', 'image/png', 'CHAT', 'png')] },
    });
  });

  it.each([
    [image('image/jpeg'), sent('image-1.jpeg', 'image/jpeg', 'CHAT', 'png')],
    [image('IMAGE/WEBP'), sent('image-1.webp', 'image/webp', 'CHAT', 'png')],
    [file('a.pdf', 'application/pdf'), sent('a.pdf', 'application/pdf', 'CHAT', 'bytes')],
    [file('photo.png', 'image/png'), sent('photo.png', 'image/png', 'CHAT', 'bytes')],
    [file('notes.md'), sent('notes.md', 'text/markdown', 'CHAT', 'bytes')],
    [file('data.csv', 'text/csv'), sent('data.csv', 'text/csv', 'CODE_INTERPRETER', 'bytes')],
    [file('data.JSON'), sent('data.JSON', 'application/json', 'CODE_INTERPRETER', 'bytes')],
    [file('a.parquet'), sent('a.parquet', 'application/octet-stream', 'CODE_INTERPRETER', 'bytes')],
    [file(undefined, 'application/pdf'), sent('file-1.pdf', 'application/pdf', 'CHAT', 'bytes')],
    [
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;charset=utf-8,gr%C3%BCn' } },
      sent('a.txt', 'text/plain', 'CHAT', 'grün'),
    ],
  ])('%j', async (part, expected) => {
    expect(await filesOf(part)).toEqual([expected]);
  });

  it('get names of their own where they have none', async () => {
    const names = ((await filesOf(image(), image('image/gif'), file('a.csv'))) as { name: string }[]).map(
      (each) => each.name,
    );
    expect(names).toEqual(['image-1.png', 'image-2.gif', 'a.csv']);
  });

  it('stand behind files that are given as AWS spells them', async () => {
    const given = { name: 's3.csv', useCase: 'CHAT', source: { sourceType: 'S3', s3Location: { uri: 's3://b/k' } } };
    const { sessionState } = await send([text, image()], { sessionState: { files: [given], sessionAttributes: {} } });
    expect(sessionState).toEqual({
      sessionAttributes: {},
      files: [given, sent('image-1.png', 'image/png', 'CHAT', 'png')],
    });
  });

  it('may come without a text', async () => {
    expect(await send([image()])).not.toHaveProperty('inputText');
  });

  it('of earlier turns are named in the history and do not travel', async () => {
    const body = JSON.stringify(
      await send('', {
        messages: [
          { role: 'user', content: [text, file('a.pdf', 'application/pdf', 'once')] },
          { role: 'assistant', content: 'I see.' },
          { role: 'user', content: 'And?' },
        ],
      }),
    );
    expect(body).toContain('Look at this.[file: a.pdf]');
    expect(body).not.toContain(base64('once'));
    expect(body).not.toContain('files');
  });

  it('of 10 MB together are taken, one byte more is not', async () => {
    const most = 10 * 1024 * 1024;
    const half = Buffer.alloc(most / 2);
    expect(await filesOf(file('a.csv', '', half), file('b.csv', '', half))).toHaveLength(2);
    aws.received.splice(0);
    const error = await refuse([text, file('a.csv', '', half), file('b.csv', '', Buffer.alloc(most / 2 + 1))]);
    expect(error.message).toMatch(/10485761 bytes.*10485760/);
  });

  it('are five at most', async () => {
    const five = Array.from({ length: 5 }, () => image());
    expect(await filesOf(...five)).toHaveLength(5);
    aws.received.splice(0);
    expect((await refuse([text, image(), ...five])).message).toMatch(/6 files came.*take 5/);
    const given = { name: 'x', useCase: 'CHAT', source: { sourceType: 'S3', s3Location: { uri: 's3://b/k' } } };
    expect((await refuse([text, ...five], { sessionState: { files: [given] } })).message).toMatch(/6 files/);
  });

  it.each([
    ['a recording', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }, /audio/],
    ['a link', { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }, /links.*not followed/],
    ['another link', { type: 'image_url', image_url: { url: 'file:///etc/passwd' } }, /links.*not followed/],
    ['a file id', { type: 'file', file: { file_id: 'file-123' } }, /file ids are not followed/],
  ])('that are %s have no place, and the error names the part', async (_, part, why) => {
    const error = await refuse([text, part]);
    expect(error.message).toMatch(why);
    expect(error.param).toBe('messages.0.content.1');
    expect(error.message).not.toContain('example.com');
  });

  it.each([
    ['image_url.url', { type: 'image_url', image_url: { url: 'AAAA' } }],
    ['image_url.url', { type: 'image_url', image_url: { url: 'data:image/png;base64,' } }],
    ['image_url.url', { type: 'image_url', image_url: { url: 'data:image/png;base64,A A' } }],
    ['file.file_data', { type: 'file', file: { file_data: 'AAAAA' } }],
    ['file.file_data', { type: 'file', file: { file_data: 'data:text/plain,%zz' } }],
  ])('with a broken %s are refused', async (param, part) => {
    expect((await refuse([text, part])).param).toBe(`messages.0.content.1.${param}`);
  });

  it('do not go with answers to calls', async () => {
    const target = { type: 'function', name: 'f' } as const;
    const [, , agentId = ''] = model.split('/');
    const id = toCallId({
      sessionId: 'session',
      invocationId: 'i',
      index: 0,
      count: 1,
      actionGroup: 'g',
      agentId,
      target,
    });
    const error = await refuse('', {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: id, content: 'x' },
        { role: 'user', content: [image()] },
      ],
    });
    expect(error.message).toMatch(/answers to calls or something new/);
  });

  it('cannot be asked for in the forms of AgentCore', async () => {
    for (const name of ['agent_format', 'forward_multimodal_content', 'payload_format']) {
      expect(await refuse('Hi', { [name]: 'x' })).toMatchObject({ param: name });
    }
  });
});
