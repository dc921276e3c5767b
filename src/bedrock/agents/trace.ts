import type { AgentEvent } from '../../agent.ts';
import { parseCount } from '../count.ts';
import { checkShape, type Shape } from '../shape.ts';
import { type Reference, referencesShape } from './citations.ts';

/** The parts of a trace that are read here, as the wire has them. */
export interface TracePart {
  readonly callerChain?: readonly unknown[];
  readonly collaboratorName?: string;
  readonly trace?: Readonly<Partial<Record<string, TraceStep>>> & { readonly failureTrace?: FailureTrace };
}

interface TraceStep {
  readonly modelInvocationInput?: { readonly traceId?: string; readonly foundationModel?: string };
  readonly modelInvocationOutput?: ModelOutput;
  readonly rationale?: { readonly traceId?: string; readonly text?: unknown };
  readonly observation?: {
    readonly knowledgeBaseLookupOutput?: { readonly retrievedReferences?: readonly Reference[] | null };
  };
  readonly action?: string;
  readonly inputAssessments?: readonly unknown[] | null;
  readonly outputAssessments?: readonly unknown[] | null;
}

interface ModelOutput {
  readonly traceId?: string;
  readonly metadata?: {
    readonly clientRequestId?: string;
    readonly usage?: { readonly inputTokens?: unknown; readonly outputTokens?: unknown };
  };
  readonly reasoningContent?: { readonly reasoningText?: { readonly text?: unknown } };
}

export interface FailureTrace {
  readonly failureReason?: string;
  readonly failureCode?: number;
}

const shape: Shape = {
  callerChain: [{}],
  collaboratorName: 'string',
  trace: {
    '*': {
      modelInvocationInput: { traceId: 'string', foundationModel: 'string' },
      modelInvocationOutput: {
        traceId: 'string',
        metadata: { clientRequestId: 'string', usage: {} },
        reasoningContent: { reasoningText: {} },
      },
      rationale: { traceId: 'string' },
      observation: { knowledgeBaseLookupOutput: { retrievedReferences: referencesShape } },
      inputAssessments: [{}],
      outputAssessments: [{}],
      failureReason: 'string',
      failureCode: 'number',
    },
  },
};

/** Traces → usage, reasoning, what was looked up and how the turn ended: AWS says these nowhere else. */
export function createTraceReader() {
  const models = new Map<string, string>();
  const counted = new Set<string>();
  /** What was thought, by the step that thought it; the last thought where a trace names no step. */
  const thoughts = new Map<string, Set<string>>();
  let reasoned = false;
  let blocked = false;
  const failures: FailureTrace[] = [];
  const lookups: (readonly Reference[])[] = [];

  function read(part: TracePart, events: AgentEvent[]): void {
    checkShape(part, shape);
    const { failureTrace, guardrailTrace, ...steps } = part.trace ?? {};
    if (failureTrace) failures.push(failureTrace);
    // A collaborator's guardrail does not block the answer of its supervisor.
    const isTop = (part.callerChain?.length ?? 0) <= 1 && part.collaboratorName === undefined;
    if (guardrailTrace && isTop) blocked ||= isBlocked(guardrailTrace);
    if (guardrailTrace && hasFound(guardrailTrace)) {
      events.push({ type: 'note', about: 'guardrail', note: guardrailTrace });
    }
    for (const step of Object.values(steps)) if (step) readStep(step, events);
  }

  function readStep(step: TraceStep, events: AgentEvent[]): void {
    const { modelInvocationInput, modelInvocationOutput, rationale, observation } = step;
    if (modelInvocationInput?.foundationModel !== undefined) {
      models.set(modelInvocationInput.traceId ?? '', modelInvocationInput.foundationModel);
    }
    if (modelInvocationOutput && isNew(modelInvocationOutput)) {
      readUsage(modelInvocationOutput, events);
      // AWS sends `reasoningText: {}` where there is none.
      reason(modelInvocationOutput.traceId, modelInvocationOutput.reasoningContent?.reasoningText?.text, events);
    }
    reason(rationale?.traceId, rationale?.text, events);
    const references = observation?.knowledgeBaseLookupOutput?.retrievedReferences ?? [];
    if (references.length > 0) lookups.push(references);
  }

  /** A call that is told again, in the trace of a later step, was made once. */
  function isNew({ metadata }: ModelOutput): boolean {
    const id = metadata?.clientRequestId;
    if (id === undefined) return true;
    if (counted.has(id)) return false;
    counted.add(id);
    return true;
  }

  function readUsage({ traceId, metadata }: ModelOutput, events: AgentEvent[]): void {
    if (!metadata?.usage) return;
    const model = models.get(traceId ?? '');
    const inputTokens = parseCount(metadata.usage.inputTokens) ?? 0;
    const outputTokens = parseCount(metadata.usage.outputTokens) ?? 0;
    events.push({ type: 'usage', inputTokens, outputTokens, ...(model !== undefined && { model }) });
  }

  function reason(traceId: string | undefined, text: unknown, events: AgentEvent[]): void {
    if (typeof text !== 'string' || text === '' || !isNewThought(traceId ?? '', text.trim())) return;
    events.push({ type: 'reasoning', text: reasoned ? `\n\n${text}` : text });
    reasoned = true;
  }

  /** A model's reasoning comes as its own content and then as the rationale of the same step, the same text twice. */
  function isNewThought(traceId: string, text: string): boolean {
    const before = thoughts.get(traceId) ?? new Set();
    if (before.has(text)) return false;
    if (traceId === '') before.clear();
    thoughts.set(traceId, before.add(text));
    return true;
  }

  return {
    read,
    finish: (): AgentEvent =>
      blocked
        ? { type: 'finish', reason: 'content-filter', raw: 'guardrail_intervened' }
        : { type: 'finish', reason: 'stop' },
    /** What was looked up in knowledge bases, lookup by lookup. */
    lookups,
    /** Steps that failed; the agent may have gone on. */
    failures,
  };
}

function hasFound({ action, inputAssessments, outputAssessments }: TraceStep): boolean {
  // Where nothing matched, AWS sends `[{}]`, or how long it looked.
  const isFound = (found: unknown) =>
    typeof found === 'object' && found !== null && Object.keys(found).some((name) => name !== 'invocationMetrics');
  return action === 'INTERVENED' || [...(inputAssessments ?? []), ...(outputAssessments ?? [])].some(isFound);
}

/** A guardrail also intervenes when it masks a name; only a block replaces the answer. */
function isBlocked({ action, inputAssessments, outputAssessments }: TraceStep): boolean {
  if (action !== 'INTERVENED') return false;
  const found = JSON.stringify([inputAssessments, outputAssessments]);
  return /"action":"BLOCKED"/.test(found) || !/"action":"ANONYMIZED"/.test(found);
}
