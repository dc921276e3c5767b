import { toInputFiles } from '../../files.ts';
import { tellResults, toNews } from '../../turns.ts';
import { createId, type Form, type Said } from './form.ts';
import { toPrompt } from './prompt.ts';

/**
 * A2A 0.3 as JSON-RPC: the session is the `contextId`, custom parameters are the message's `metadata`. A message has no
 * place for others before it nor for tool results; they are told in its text.
 * https://a2a-protocol.org/v0.3.0/specification/#71-messagesend
 */
export const a2a: Form = { field: 'params', carriesTools: false, toPayload };

function toPayload({ request, sessionId, custom }: Said) {
  const news = toNews({ ...request, turns: tellResults(request.turns) });
  const text = toPrompt(news);
  const files = toInputFiles(news.files, 'AgentCore').map(({ data, mediaType, name }) => ({
    kind: 'file',
    file: { bytes: data, mimeType: mediaType, name },
  }));
  return {
    jsonrpc: '2.0',
    id: createId('request'),
    method: request.stream ? 'message/stream' : 'message/send',
    params: {
      message: {
        kind: 'message',
        role: 'user',
        messageId: createId('message'),
        contextId: sessionId,
        parts: [...(text === '' ? [] : [{ kind: 'text', text }]), ...files],
        ...(Object.keys(custom).length > 0 && { metadata: custom }),
      },
    },
  };
}
