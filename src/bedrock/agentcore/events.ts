import type { AgentEvent } from '../../agent.ts';
import type { Reader } from '../call.ts';
import type { AgentFormat } from './agent-format.ts';
import { createAnswer } from './answer.ts';
import { createBody, type OnPiece, type Piece } from './body.ts';
import { readFamilies } from './families.ts';
import { a2a } from './formats/a2a.ts';
import { agUi } from './formats/ag-ui.ts';
import { aiSdk } from './formats/ai-sdk.ts';
import { anthropic } from './formats/anthropic.ts';
import { autogen } from './formats/autogen.ts';
import { claudeSdk } from './formats/claude-sdk.ts';
import { converse } from './formats/converse.ts';
import { crewai } from './formats/crewai.ts';
import { custom } from './formats/custom.ts';
import { error } from './formats/error.ts';
import type { Format } from './formats/format.ts';
import { generic } from './formats/generic.ts';
import { googleAdk } from './formats/google-adk.ts';
import { lambda } from './formats/lambda.ts';
import { langgraph } from './formats/langgraph.ts';
import { llamaIndex } from './formats/llama-index.ts';
import { mastra } from './formats/mastra.ts';
import { mcp } from './formats/mcp.ts';
import { openaiChat } from './formats/openai-chat.ts';
import { openaiResponses } from './formats/openai-responses.ts';
import { pydanticAi } from './formats/pydantic-ai.ts';
import { springAi } from './formats/spring-ai.ts';
import { strandsTypescript } from './formats/strands-typescript.ts';
import { strands } from './formats/strands.ts';
import { readPrivate } from './private.ts';
import { readStrings } from './strings.ts';

/** What an agent's JSON may be; the first that knows a value reads it. A further family is one file and one line. */
export const formats: readonly Format[] = [
  // These tell of failed steps that the agent tries again.
  strandsTypescript,
  mastra,
  crewai,
  lambda,
  error,
  a2a,
  mcp,
  agUi,
  aiSdk,
  converse,
  openaiChat,
  openaiResponses,
  anthropic,
  claudeSdk,
  langgraph,
  googleAdk,
  autogen,
  llamaIndex,
  pydanticAi,
  springAi,
  strands,
  custom,
  generic,
];

/** The body of an AgentCore answer, in whatever format its agent speaks → events. */
export function createReader(
  contentType: string | undefined,
  format: AgentFormat = { type: 'families', formats },
): Reader {
  let events: AgentEvent[] = [];
  const answer = createAnswer((event) => events.push(event));
  const body = createBody(contentType, toReadPiece(format));

  function toReadPiece(chosen: AgentFormat): OnPiece {
    switch (chosen.type) {
      case 'families':
        return readFamilies(chosen.formats, answer);
      case 'strings':
        return toKnowing(readStrings(chosen.cumulative, answer));
      case 'function':
        return toKnowing(readPrivate(chosen.read, answer));
    }
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

/** Who chose how a body is read knows all of it. */
function toKnowing(read: (piece: Piece) => void): OnPiece {
  return (piece) => {
    read(piece);
    return true;
  };
}
