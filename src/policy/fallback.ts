import type { Agent, AgentRequest, AgentResponse, Price } from '../agent.ts';
import {
  APIError,
  type Attempt,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  copyError,
  toAttempts,
} from '../errors.ts';
import { leaveSession } from './conversation.ts';

/** Who is asked instead. */
export interface Fallback {
  readonly model: string;
  readonly agent: Agent;
  /** What it is asked; its session, where the fallback names one itself. */
  readonly request: AgentRequest;
  readonly price?: Price;
}

/** Whom to ask after which errors. */
export interface Fallbacks {
  readonly general: readonly Fallback[];
  /** Asked instead of those when the conversation is too long. */
  readonly contextWindow: readonly Fallback[];
  /** The same, when the content was refused. */
  readonly contentPolicy: readonly Fallback[];
}

/**
 * Asks others, one after the other, when an agent fails before its answer has begun. The error in the end is that of
 * the agent that was meant; its `attempts` tell of the others.
 */
export function fallback(agent: Agent, model: string, fallbacks: Fallbacks): Agent {
  return async (request) => {
    try {
      return await agent(request);
    } catch (error) {
      if (!isFailure(error, request)) throw error;
      const attempts: Attempt[] = [...toAttempts(error, model)];
      for (const [index, other] of choose(error, fallbacks).entries()) {
        try {
          return withFallbacks(await ask(other, request), other, index + 1);
        } catch (next) {
          if (!isFailure(next, request)) throw next;
          attempts.push(...toAttempts(next, other.model));
        }
      }
      throw copyError(error, { attempts });
    }
  };
}

/** Whether an agent failed; otherwise the caller has given up, or something is broken here. */
function isFailure(error: unknown, { signal }: AgentRequest): error is APIError {
  return error instanceof APIError && signal?.aborted !== true;
}

function choose(error: APIError, { general, contextWindow, contentPolicy }: Fallbacks): readonly Fallback[] {
  if (error instanceof ContextWindowExceededError) return contextWindow;
  if (error instanceof ContentPolicyViolationError) return contentPolicy;
  return general;
}

function ask(other: Fallback, request: AgentRequest): Promise<AgentResponse> {
  const { signal, stream } = request;
  const session = other.request.session ?? leaveSession(request).session;
  return other.agent({ ...other.request, stream, ...(signal && { signal }), ...(session && { session }) });
}

function withFallbacks(response: AgentResponse, { model, price }: Fallback, fallbacks: number): AgentResponse {
  const ownPrice = response.ownPrice ?? price;
  return { ...response, about: { ...response.about, model, fallbacks }, ...(ownPrice && { ownPrice }) };
}
