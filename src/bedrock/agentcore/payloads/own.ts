import type { PayloadRequest } from '../../../agent.ts';
import { APIError, BadRequestError } from '../../../errors.ts';
import { tellResults, toNews } from '../../turns.ts';
import type { Form } from './form.ts';
import { toPrompt } from './prompt.ts';

/** A form of the caller's own: the function is told everything, so nothing it is told counts as unsupported. */
export function createOwnForm(toOwn: (request: PayloadRequest) => unknown): Form {
  return {
    carriesTools: true,
    toPayload({ request, sessionId, custom }) {
      const { instructions, turns, tools, stream, session } = request;
      const prompt = toPrompt(toNews({ ...request, turns: tellResults(turns) }));
      const told = { instructions, turns, tools, stream, prompt, sessionId, hasSession: !!session, parameters: custom };
      const payload = ask(() => toOwn(told));
      if (payload === undefined || payload instanceof Promise) {
        const came = payload === undefined ? 'nothing' : 'a promise';
        throw wrong(`returned ${came}; expected the payload itself: a JSON value, a string or bytes`);
      }
      return payload;
    },
  };
}

function ask<T>(create: () => T): T {
  try {
    return create();
  } catch (cause) {
    if (cause instanceof APIError) throw cause;
    throw wrong('failed; `cause` says why', cause);
  }
}

function wrong(how: string, cause?: unknown): BadRequestError {
  return new BadRequestError(`payload_format: the function ${how}.`, { param: 'payload_format', cause });
}
