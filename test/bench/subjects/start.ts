import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ask } from '../clients.ts';
import { quantile } from '../compare.ts';
import type { Row, Subject } from '../subjects.ts';

const rounds = 11;
const run = promisify(execFile);

/** Every round is a process of its own. */
export const contenders: Subject['contenders'] = {};

/** The built package as a user imports it, beside one of AWS's clients. */
export const measure: Subject['measure'] = async (_, url) => {
  const { model, messages, ...reach } = ask.agent(url, 'SHORT');
  const client = '@aws-sdk/client-bedrock-agent-runtime';
  const ours = `
    const { completion } = await import('bedrock-agents-openai');
    imported();
    await completion(${JSON.stringify({ model, messages, ...reach })});
  `;
  const theirs = `
    const { BedrockAgentRuntimeClient, InvokeAgentCommand } = await import('${client}');
    imported();
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    const client = new BedrockAgentRuntimeClient({
      region: 'us-west-2',
      endpoint: '${url}',
      requestHandler: new NodeHttpHandler(),
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-EXAMPLE-KEY' },
    });
    const input = { agentId: 'SHORT', agentAliasId: 'ALIAS', sessionId: 'session', inputText: 'Hi', enableTrace: true };
    for await (const event of (await client.send(new InvokeAgentCommand(input))).completion) void event;
  `;
  const pairs: { readonly ours: Start; readonly theirs: Start }[] = [];
  for (let round = 0; round < rounds; round++) pairs.push({ ours: await time(ours), theirs: await time(theirs) });
  const toRow = (name: string, pick: (start: Start) => number, bound: number): Row => {
    const ratios = pairs.map((pair) => pick(pair.ours) / pick(pair.theirs));
    return {
      name,
      unit: 'ms CPU',
      ours: quantile(pairs.map((pair) => pick(pair.ours))),
      theirs: quantile(pairs.map((pair) => pick(pair.theirs))),
      compared: { by: 'ratio', value: quantile(ratios) },
      quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      bound,
    };
  };
  return [
    toRow('import', (start) => start.imported, 0.25),
    toRow('import and first call', (start) => start.called, 1.1),
  ];
};

interface Start {
  readonly imported: number;
  readonly called: number;
}

/** Milliseconds of CPU time after which a script in a fresh Node has imported, and has called. */
async function time(script: string): Promise<Start> {
  const whole = `
    const before = process.cpuUsage();
    const spent = () => { const { user, system } = process.cpuUsage(before); return (user + system) / 1000; };
    let importedAt;
    const imported = () => { importedAt = spent(); };
    ${script}
    console.log(JSON.stringify({ imported: importedAt, called: spent() }));
    process.exit();
  `;
  const { stdout } = await run(process.execPath, ['--no-warnings', '--input-type=module', '-e', whole]);
  return JSON.parse(stdout) as Start;
}
