import OpenAI from 'openai';
import { bedrock, type CompletionParameters, createCompletion } from '../../src/index.ts';
import { reach } from './models.ts';

/** OpenAI's client whose network is `completion()`, a fresh one for each request, which asks the AWS at this URL. */
export function createClient(url: string): OpenAI {
  return new OpenAI({
    apiKey: 'none',
    baseURL: 'http://in-process/v1',
    maxRetries: 0,
    fetch: async (_, init) => {
      const body = JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as CompletionParameters;
      const told = await createCompletion(bedrock())({ ...body, ...reach(url) });
      if (!('finalChatCompletion' in told)) return Response.json(told);
      const lines: string[] = [];
      for await (const part of told) lines.push(`data: ${JSON.stringify(part)}\n\n`);
      return new Response([...lines, 'data: [DONE]\n\n'].join(''), {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  });
}
