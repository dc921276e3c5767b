// Another process with a router of the same options: answers each line of its input, JSON parameters, with what came.
import { createInterface } from 'node:readline';
import { APIError, type CompletionParameters, createRouter } from '../../src/index.ts';

const { completion } = createRouter(JSON.parse(process.argv[2] ?? '') as never);
const messages = [{ role: 'user', content: 'Hi' }] as const;

for await (const line of createInterface(process.stdin)) {
  const parameters = JSON.parse(line) as Partial<CompletionParameters>;
  try {
    const { choices } = await completion({ model: 'group', messages, ...parameters, stream: false });
    console.log(JSON.stringify({ text: choices[0]?.message.content }));
  } catch (error) {
    const { name, retry_after } = error instanceof APIError ? error : { name: String(error), retry_after: undefined };
    console.log(JSON.stringify({ name, retry_after }));
  }
}
