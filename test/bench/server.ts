import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodies } from './bodies.ts';

/** AWS on this machine: what it answers stands in the path, as the agent's id or the runtime's name. */
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const name = /^\/agents\/(\w+)\/|%3A(?:runtime|harness)%2F(\w+)/.exec(request.url ?? '');
    void answer(name?.[1] ?? name?.[2] ?? '', response);
  });
});

async function answer(name: string, response: ServerResponse): Promise<void> {
  const body = bodies[name];
  if (!body) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': body.type });
  for await (const piece of body.pieces()) {
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    if (response.destroyed) return;
  }
  response.end();
}

server.keepAliveTimeout = 300_000;
server.listen(0, '127.0.0.1', 4096, () => {
  // A server that listens on a port has this form of address.
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit());
