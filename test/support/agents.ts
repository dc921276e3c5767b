import { onTestFinished } from 'vitest';
import { createFetch } from '../../src/fetch.ts';
import {
  type LocalAgent,
  type LocalBedrockOptions,
  type LocalHarness,
  type LocalRuntime,
  startLocalBedrock,
} from '../../src/local.ts';
import { reach } from './models.ts';

const runtimeArn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/support-abcdefghij';

const harnessArn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:harness/support-abcdefghij';

/** An agent and a harness that may call a tool of their caller, and a runtime. All say back what they are told. */
export const agentModel = 'bedrock/agent/SUPPORT/LIVE';
export const harnessModel = `bedrock/agentcore/${harnessArn}`;
export const models = [agentModel, `bedrock/agentcore/${runtimeArn}`, harnessModel] as const;
export const callingModels = [agentModel, harnessModel] as const;

/** What a user says to have the tool called; it takes a city, and gives what is then said back. */
export const askForWeather = 'What is the weather in Paris?';

/** What happens at the agents' end. */
export interface Backstage {
  readonly fetch: ReturnType<typeof createFetch>;
  readonly url: string;
  /** How many calls came. */
  calls: number;
  /** Whether the caller of the last call left before its end. */
  left: boolean;
  /** Lets the agents go on who were asked to be slow. */
  readonly goOn: () => void;
}

/** Starts them for one test, with a `fetch` that reaches them. */
export async function startAgents(options: LocalBedrockOptions = {}): Promise<Backstage> {
  let goOn = (): void => undefined;
  const gone = new Promise<void>((resolve) => (goOn = resolve));
  const came = (signal: AbortSignal) => {
    backstage.calls++;
    signal.addEventListener('abort', () => (backstage.left = true));
  };
  const pause = (signal: AbortSignal) =>
    Promise.race([gone, new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))]);

  const agent: LocalAgent = async function* ({ inputText = '', sessionState, signal }) {
    came(signal);
    const results = sessionState['returnControlInvocationResults'];
    if (results !== undefined) {
      yield `Told: ${readResult(results)}`;
    } else if (inputText.includes(askForWeather)) {
      const parameters = [{ name: 'city', type: 'string', value: 'Paris' }];
      const call = { actionGroup: 'Weather', function: 'getWeather', parameters, actionInvocationType: 'RESULT' };
      yield { returnControl: { invocationId: 'weather-1', invocationInputs: [{ functionInvocationInput: call }] } };
    } else {
      if (inputText === 'Think first.') await pause(signal);
      yield 'You said: ';
      if (inputText === 'Slowly.') await pause(signal);
      yield inputText;
    }
    yield { usage: { inputTokens: 3, outputTokens: 4, foundationModel: 'some.model' } };
  };
  const runtime: LocalRuntime = async function* ({ payload, signal }) {
    came(signal);
    const { prompt } = payload as { prompt: string };
    yield { event: { messageStart: { role: 'assistant' } } };
    if (prompt === 'Think first.') await pause(signal);
    yield { event: { contentBlockDelta: { delta: { text: 'You said: ' }, contentBlockIndex: 0 } } };
    if (prompt === 'Slowly.') await pause(signal);
    yield { event: { contentBlockDelta: { delta: { text: prompt }, contentBlockIndex: 0 } } };
    yield { event: { messageStop: { stopReason: 'end_turn' } } };
    yield { event: { metadata: { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } } } };
  };

  const harness: LocalHarness = async function* ({ messages, text = '', tools, signal }) {
    came(signal);
    const [answered] = messages.at(-1)?.content.flatMap(({ toolResult }) => toolResult ?? []) ?? [];
    const name = tools[0]?.['name'];
    if (answered !== undefined) {
      yield `Told: ${/"text":"([^"]*)"/.exec(JSON.stringify(answered))?.[1]}`;
    } else if (text.includes(askForWeather) && typeof name === 'string') {
      yield { toolUse: { name, input: { city: 'Paris' } } };
    } else {
      if (text === 'Think first.') await pause(signal);
      yield 'You said: ';
      if (text === 'Slowly.') await pause(signal);
      yield text;
    }
    yield { usage: { inputTokens: 3, outputTokens: 4 } };
  };

  const bedrock = await startLocalBedrock({
    agents: { 'SUPPORT/LIVE': agent },
    runtimes: { [runtimeArn]: runtime },
    harnesses: { [harnessArn]: harness },
    ...options,
  });
  onTestFinished(bedrock.close);
  const { url } = bedrock;
  const backstage: Backstage = { fetch: createFetch(reach(url)), url, calls: 0, left: false, goOn };
  return backstage;
}

/** What the caller's tool gave, as an agent is told it. */
function readResult(results: unknown): string {
  const [result] = results as [{ functionResult: { responseBody: { TEXT: { body: string } } } }];
  return result.functionResult.responseBody.TEXT.body;
}
