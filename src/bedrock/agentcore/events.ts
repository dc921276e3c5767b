import type { AgentEvent } from '../../agent.ts';
import type { Reader } from '../call.ts';
import { createAnswer } from './answer.ts';
import { createBody, type Piece } from './body.ts';
import { anthropic } from './formats/anthropic.ts';
import { autogen } from './formats/autogen.ts';
import { claudeSdk } from './formats/claude-sdk.ts';
import { converse } from './formats/converse.ts';
import { crewai } from './formats/crewai.ts';
import { agentError, toAgentError } from './formats/error.ts';
import { type Format, isObject } from './formats/format.ts';
import { generic } from './formats/generic.ts';
import { googleAdk } from './formats/google-adk.ts';
import { langgraph } from './formats/langgraph.ts';
import { llamaIndex } from './formats/llama-index.ts';
import { openaiChat } from './formats/openai-chat.ts';
import { openaiResponses } from './formats/openai-responses.ts';
import { pydanticAi } from './formats/pydantic-ai.ts';
import { strands } from './formats/strands.ts';
import { readString } from './formats/string.ts';

/** What an agent's JSON may be; the first that knows a value reads it. A further family is one file and one line. */
const formats: readonly Format[] = [
  agentError,
  converse,
  openaiChat,
  openaiResponses,
  anthropic,
  claudeSdk,
  langgraph,
  googleAdk,
  autogen,
  crewai,
  llamaIndex,
  pydanticAi,
  strands,
  generic,
];

/** The body of an AgentCore answer, in whatever format its agent speaks → events. */
export function createReader(contentType: string | undefined): Reader {
  let events: AgentEvent[] = [];
  const answer = createAnswer((event) => events.push(event));
  const body = createBody(contentType, readPiece);

  function readPiece(piece: Piece): void {
    switch (piece.type) {
      case 'text':
        answer.text(piece.text);
        break;
      case 'error':
        answer.fail(toAgentError(piece.value));
        break;
      case 'value':
        // What nobody knows is shown when it is the whole answer, and skipped in a stream.
        if (!readValue(piece.value, piece.raw, piece.whole) && piece.whole) answer.text(piece.raw);
        break;
      default:
        piece satisfies never;
    }
  }

  function readValue(value: unknown, raw: string, whole: boolean): boolean {
    if (typeof value === 'string') return readString(value, answer, readPiece);
    if (isObject(value)) {
      return formats.some((format) => format.read(value, answer, (inner) => readValue(inner, '', whole)));
    }
    // In a stream Python's None says nothing; a number is a word of bare text that happens to be JSON.
    if (value !== null) answer.text(raw);
    else if (whole) answer.text('');
    return true;
  }

  return {
    read(bytes, into) {
      events = into;
      body.write(bytes);
    },
    end(into) {
      events = into;
      answer.end(body.end());
    },
  };
}
