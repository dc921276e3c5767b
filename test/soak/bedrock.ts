// AWS on this machine, in a process of its own: one that does what it should, and one that often does not.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LocalAgent,
  type LocalFaults,
  type LocalHarness,
  type LocalRuntime,
  startLocalBedrock,
} from '../../src/local.ts';
import { parsePrompt, toPieces } from './answers.ts';

const agentNames = { agent: 'SOAK/LIVE', runtime: 'runtime/soak-abcdefghij', harness: 'harness/soak-abcdefghij' };
const toArn = (name: string) => `arn:aws:bedrock-agentcore:us-west-2:123456789012:${name}`;

const faults: LocalFaults = {
  throttling: 0.1,
  internalServer: 0.05,
  'internalServer@stream': 0.1,
  reset: 0.1,
  truncate: 0.1,
  silence: 0.05,
};

async function* speak(text: string, signal: AbortSignal): AsyncGenerator<string> {
  for (const piece of toPieces(parsePrompt(text))) {
    if (Math.random() < 0.3) await sleep(Math.random() * 20, undefined, { signal });
    yield piece;
  }
}

const agent: LocalAgent = async function* ({ inputText = '', sessionState, signal }) {
  const results = sessionState['returnControlInvocationResults'];
  if (results !== undefined) {
    yield `The tool says ${/"body":"([^"]*)"/.exec(JSON.stringify(results))?.[1]}.`;
  } else if (parsePrompt(inputText).calls) {
    const parameters = [{ name: 'nonce', type: 'string', value: parsePrompt(inputText).nonce }];
    const call = { actionGroup: 'Tools', function: 'lookUp', parameters, actionInvocationType: 'RESULT' };
    yield {
      returnControl: { invocationId: crypto.randomUUID(), invocationInputs: [{ functionInvocationInput: call }] },
    };
  } else {
    yield { rationale: 'Somebody asks.' };
    yield* speak(inputText, signal);
  }
  yield { usage: { inputTokens: 3, outputTokens: 4, foundationModel: 'some.model' } };
};

const runtime: LocalRuntime = async function* ({ payload, signal }) {
  const { prompt } = payload as { readonly prompt: string };
  yield { event: { messageStart: { role: 'assistant' } } };
  for await (const text of speak(prompt, signal)) {
    yield { event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } };
  }
  yield { event: { messageStop: { stopReason: 'end_turn' } } };
};

const harness: LocalHarness = async function* ({ messages, text = '', signal }) {
  const [answered] = messages.at(-1)?.content.flatMap(({ toolResult }) => toolResult ?? []) ?? [];
  if (answered !== undefined) {
    yield `The tool says ${/"text":"([^"]*)"/.exec(JSON.stringify(answered))?.[1]}.`;
  } else if (parsePrompt(text).calls) {
    yield { toolUse: { name: 'lookUp', input: { nonce: parsePrompt(text).nonce } } };
  } else {
    yield* speak(text, signal);
  }
};

const answerers = {
  agents: { [agentNames.agent]: agent },
  runtimes: { [toArn(agentNames.runtime)]: runtime },
  harnesses: { [toArn(agentNames.harness)]: harness },
};

const [sound, faulty] = await Promise.all([startLocalBedrock(answerers), startLocalBedrock({ ...answerers, faults })]);
process.on('disconnect', () => process.exit());
process.send?.({ sound: sound.url, faulty: faulty.url });
