import type { Completion, CompletionParameters } from '../completion.ts';
import { checkAllowed, checkHost } from '../http/allowed.ts';
import { type Caller, checkModel } from './keys.ts';
import type { Models } from './models.ts';

export interface CheckOptions {
  readonly caller: Caller;
  readonly models: Models;
  /** Whether every stream ends with its usage. */
  readonly includeUsage: boolean;
  /** Called before the agent is asked; what it throws is the answer. */
  readonly onAsk: (parameters: CompletionParameters) => Promise<void>;
}

/** `completion()` for a caller of the proxy, who may not ask every model for everything. */
export function createChecked(
  completion: Completion,
  { caller, models, includeUsage, onAsk }: CheckOptions,
): Completion {
  async function checked(parameters: CompletionParameters) {
    // What is no text is refused by `completion()` itself.
    if (typeof parameters.model !== 'string') return completion(parameters);
    const { model, fallbacks, context_window_fallbacks, content_policy_fallbacks } = parameters;
    check(model, parameters, caller, models);
    // A row may let callers name fallbacks; that is no way to what they may not name.
    for (const other of [fallbacks, context_window_fallbacks, content_policy_fallbacks].flat()) {
      for (const each of toFallbacks(other)) check(each.model ?? model, each, caller, models);
    }
    await onAsk(parameters);
    const { stream_options } = parameters;
    return completion(
      includeUsage && parameters.stream
        ? { ...parameters, stream_options: { ...stream_options, include_usage: true } }
        : parameters,
    );
  }
  // As of `completion` itself: TypeScript cannot see which overload a call is.
  return checked as Completion;
}

function check(model: string, parameters: object, caller: Caller, models: Models): void {
  checkModel(caller, model);
  const allowed = models.allowedFor(model);
  // A row that names a container by its URL is its operator's word.
  if (models.nameOf(model) === '*') checkHost(model, allowed);
  checkAllowed(parameters, allowed);
}

interface Fallback {
  readonly model?: string;
}

/** A model string, parameters that differ, or a map from models to such. */
function toFallbacks(value: unknown): readonly Fallback[] {
  if (typeof value === 'string') return [{ model: value }];
  if (typeof value !== 'object' || value === null) return [];
  if ('model' in value && typeof value.model === 'string') return [value as Fallback];
  const listed = Object.values(value).filter((item) => Array.isArray(item));
  return [value, ...listed.flat().flatMap(toFallbacks)];
}
