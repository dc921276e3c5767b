// OpenAI's API as an AWS Lambda function with response streaming: a function URL with InvokeMode RESPONSE_STREAM and
// AuthType AWS_IAM, whose role may invoke the agents.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { completion } from 'bedrock-agents-openai';
import { createHandler } from 'bedrock-agents-openai/fetch';

const answer = createHandler({ completion });

export const handler = awslambda.streamifyResponse(async (event, outgoing) => {
  const { rawPath, headers, body, isBase64Encoded, requestContext } = event;
  const request = new Request(`https://${requestContext.domainName}${rawPath}`, {
    method: requestContext.http.method,
    headers,
    ...(body !== undefined && { body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') }),
  });
  const { status: statusCode, headers: answered, body: events } = await answer(request);
  const stream = awslambda.HttpResponseStream.from(outgoing, { statusCode, headers: Object.fromEntries(answered) });
  // It also leaves the agent when the caller leaves.
  await pipeline(Readable.fromWeb(events as never), stream);
});
