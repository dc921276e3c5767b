import type { InvokeHarnessCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import type { AgentRequest } from '../../agent.ts';
import { BadRequestError, UnsupportedParamsError } from '../../errors.ts';

type HarnessTool = NonNullable<InvokeHarnessCommandInput['tools']>[number];
type InlineFunction = NonNullable<NonNullable<HarnessTool['config']>['inlineFunction']>;

/** The members of AWS's union of models; a caller names one of them. */
const modelNames = ['bedrockModelConfig', 'geminiModelConfig', 'liteLlmModelConfig', 'openAiModelConfig'] as const;

export type ModelConfigs = {
  readonly [name in (typeof modelNames)[number]]?: Readonly<Record<string, unknown>> | undefined;
};

/** OpenAI's parameters that only a model takes, and AWS's names for them. */
const modelSettings = { temperature: 'temperature', top_p: 'topP' } as const;

/** The model that a call asks for instead of the harness's own, with the settings that are a model's. */
export function toModel(given: ModelConfigs, request: AgentRequest): InvokeHarnessCommandInput['model'] {
  const [name, other] = modelNames.filter((each) => given[each]);
  const asked = Object.entries(modelSettings).filter(([setting]) => request.settings[setting] !== undefined);
  if (name === undefined) {
    const [setting] = asked[0] ?? [];
    if (setting === undefined || request.dropUnsupported) return undefined;
    throw new UnsupportedParamsError(
      `${setting}: an AgentCore harness takes it together with a model only; pass \`bedrockModelConfig: { modelId }\`, too, ` +
        'or `drop_params: true` to drop it.',
      { param: setting },
    );
  }
  if (other !== undefined) throw wrong(other, `one model answers a call, and ${name} names one already`);
  const config = given[name] ?? {};
  if (typeof config['modelId'] !== 'string') throw wrong(`${name}.modelId`, 'expected the id of a model');
  const settings = asked.map(([setting, field]): readonly [string, unknown] => {
    if (config[field] !== undefined) throw wrong(setting, `${name}.${field} says it already; give one of the two`);
    return [field, request.settings[setting]];
  });
  // A member of the union under its name; what it holds beside these is AWS's to check.
  return { [name]: { ...config, ...Object.fromEntries(settings) } } as unknown as InvokeHarnessCommandInput['model'];
}

/** The caller's functions, and the tools that it restates: together they replace those of the harness. */
export function toTools({ tools, serviceTools = [] }: AgentRequest): HarnessTool[] {
  const functions = tools.map(({ name, description, parameters }): HarnessTool => {
    // Parsed from JSON, or meant to become JSON.
    const inputSchema = (parameters ?? { type: 'object', properties: {} }) as InlineFunction['inputSchema'];
    // AWS wants a description.
    return {
      type: 'inline_function',
      name,
      config: { inlineFunction: { description: description || name, inputSchema } },
    };
  });
  // In AWS's own form, which is AWS's to check.
  return [...functions, ...serviceTools.map(({ definition }) => definition as unknown as HarnessTool)];
}

/** The names of the functions that are left to the caller. */
export function namesOf(tools: readonly HarnessTool[]): ReadonlySet<string> {
  return new Set(tools.flatMap(({ type, name }) => (type === 'inline_function' ? (name ?? []) : [])));
}

function wrong(param: string, why: string): BadRequestError {
  return new BadRequestError(`${param}: ${why}.`, { param });
}
