import type { AgentRequest } from '../agent.ts';
import { BadRequestError, UnsupportedParamsError } from '../errors.ts';

/** What a service can honour of OpenAI's parameters. */
export interface Honoured {
  readonly service: string;
  readonly tools: boolean;
  /** Whether the caller may name tools that the service runs itself. */
  readonly serviceTools?: boolean;
  readonly settings?: readonly string[];
  /** Whether there is an agent behind it that takes parameters of any name. */
  readonly custom?: boolean;
}

/** Refuses the OpenAI parameters that a service cannot honour, unless the caller lets them be dropped. */
export function checkSettings(request: AgentRequest, honoured: Honoured): void {
  const { service, tools, serviceTools = false, settings = [], custom = true } = honoured;
  const [foreign] = serviceTools ? [] : (request.serviceTools ?? []);
  if (tools && foreign) {
    const param = `${foreign.param}.type`;
    throw new BadRequestError(`${param}: expected one of \`function\`.`, { param });
  }
  const names = Object.keys(request.settings).filter((name) => !settings.includes(name));
  if (!tools && (request.tools.length > 0 || foreign)) names.push('tools');
  if (names.length === 0 || request.dropUnsupported) return;
  throw new UnsupportedParamsError(
    `${service} does not support ${names.map((name) => `\`${name}\``).join(', ')}: they belong to the agent. ` +
      'Leave them out, or pass `drop_params: true` to drop them' +
      (custom ? ', or `allowed_openai_params: [names]` to hand them to the agent as custom parameters.' : '.'),
    { param: names[0] ?? '' },
  );
}
