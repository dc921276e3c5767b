import type { AgentRequest } from '../../../agent.ts';
import { BadRequestError } from '../../../errors.ts';
import { toInputFiles } from '../../files.ts';
import { type News, tellResults, toNews } from '../../turns.ts';
import type { Form, Said } from './form.ts';

/** `{ prompt, … }`: what nearly every agent takes. Custom parameters stand beside the prompt. */
export const prompt: Form = { field: 'prompt', carriesTools: false, toPayload: toPromptFields };

export function toPromptFields({ request, custom, forwardsContent }: Said): Readonly<Record<string, unknown>> {
  const told = { ...request, turns: tellResults(request.turns) };
  const news = toNews(told);
  const attachments = forwardsContent ? toContent(told, news) : toMedia(news);
  checkPlaces(attachments, custom);
  return { prompt: toPrompt(news), ...attachments, ...custom };
}

/** What is new as one text; what no session remembers stands before it, for an agent like this has no place for messages. */
export function toPrompt({ history, text }: News): string {
  if (history.length === 0) return text;
  const names = { user: 'User', assistant: 'Assistant' };
  const before = history.map((message) => `${names[message.role]}: ${message.text}`);
  return [...before, `User: ${text}`].join('\n\n');
}

/** LiteLLM's form: what is new as OpenAI spells it, where not all of it is text. */
function toContent({ turns }: AgentRequest, { files }: News): { readonly content?: readonly unknown[] } {
  if (files.length === 0) return {};
  const fresh = turns.slice(turns.findLastIndex((turn) => turn.type === 'assistant') + 1);
  return { content: fresh.flatMap((turn) => (turn.type === 'user' ? (turn.content ?? turn.parts) : [])) };
}

/** https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-invoke-agent.html, "multi-modal". */
function toMedia({ files }: News): { readonly media?: unknown } {
  const media = toInputFiles(files, 'AgentCore').map(({ isImage, format, data, name }) => ({
    type: isImage ? 'image' : 'document',
    format,
    data,
    ...(!isImage && { name }),
  }));
  return media.length === 0 ? {} : { media: media.length === 1 ? media[0] : media };
}

function checkPlaces(attachments: object, custom: object): void {
  const taken = Object.keys(attachments).find((name) => Object.hasOwn(custom, name));
  if (taken === undefined) return;
  throw new BadRequestError(`${taken}: the attachments of the last message go there; leave one of the two out.`, {
    param: taken,
  });
}
