import { type ModelRef, parseModel } from './model.ts';

/**
 * The OpenAI parameters that act on this agent; others are an `UnsupportedParamsError`, unless they ask for nothing or
 * are dropped. Throws a `BadRequestError` for a model string that names no agent.
 */
export function getSupportedOpenAIParams(model: string): string[] {
  const { service } = parseModel(model);
  return ['stream', 'stream_options', ...honoured[service]];
}

/** An AgentCore agent takes tools only where `payload_format` carries them; a harness has a temperature where it has a model. */
const honoured: Readonly<Record<ModelRef['service'], readonly string[]>> = {
  agents: ['tools'],
  agentcore: [],
  container: [],
  harness: ['tools', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
};
