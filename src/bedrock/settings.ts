import type { AgentRequest } from '../agent.ts';
import { UnsupportedParamsError } from '../errors.ts';

/** Refuses the OpenAI parameters that a service cannot honour, unless the caller lets them be dropped. */
export function checkSettings(
  request: AgentRequest,
  honoured: { readonly service: string; readonly tools: boolean },
): void {
  const names = Object.keys(request.settings);
  if (!honoured.tools && request.tools.length > 0) names.push('tools');
  if (names.length === 0 || request.dropUnsupported) return;
  throw new UnsupportedParamsError(
    `${honoured.service} does not support ${names.map((name) => `\`${name}\``).join(', ')}: they belong to the agent. ` +
      'Leave them out, or pass `drop_params: true` to drop them, ' +
      'or `allowed_openai_params: [names]` to hand them to the agent as custom parameters.',
    { param: names[0] ?? '' },
  );
}
