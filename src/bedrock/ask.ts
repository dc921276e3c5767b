import { authorize } from './bearer.ts';
import type { Opened } from './call.ts';
import type { AgentCoreClient, AgentsClient } from './clients.ts';
import type { Connection } from './connection.ts';
import { priceOf } from './price.ts';
import type { Answer, Send } from './send.ts';

/** What came, its body unread. */
export interface Asked {
  readonly headers: Answer['headers'];
  /** What is told of it whichever service it came from. */
  readonly answer: Pick<Opened, 'body' | 'requestId' | 'about' | 'price'>;
}

export interface AskOptions {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** What authorizes the request is added to them. */
  readonly secrets: string[];
}

/** Sends an input to AWS as this connection is authorized to. */
export async function ask<Input>(
  { client, region }: Pick<AgentsClient | AgentCoreClient, 'client' | 'region'>,
  send: Send<Input>,
  input: Input,
  { connection, signal, secrets }: AskOptions,
): Promise<Asked> {
  const authorization = await authorize(client, connection);
  secrets.push(...authorization.secrets);
  const { headers, body } = await send(input, { headers: authorization.headers, signal });
  const requestId = headers['x-amzn-requestid'];
  return {
    headers,
    answer: {
      body,
      ...(requestId !== undefined && { requestId }),
      about: { region, ...(connection.endpoint !== undefined && { endpoint: connection.endpoint }) },
      price: priceOf,
    },
  };
}
