import { parseModel } from './model.ts';

/**
 * The OpenAI parameters that act on this agent; others are an `UnsupportedParamsError`, unless they ask for nothing or
 * are dropped. Throws a `BadRequestError` for a model string that names no agent.
 */
export function getSupportedOpenAIParams(model: string): string[] {
  const { service } = parseModel(model);
  return ['stream', 'stream_options', ...(service === 'agents' ? ['tools'] : [])];
}
