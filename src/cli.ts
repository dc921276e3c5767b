#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import type { ChatCommandOptions } from './chat/command.ts';
import type { LocalCommandOptions } from './local/command.ts';
import type { ProxyCommandOptions } from './proxy/command.ts';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const program = new Command('bedrock-agents-openai')
  .description('The OpenAI face of Amazon Bedrock agents.')
  .version(manifest.version)
  .enablePositionalOptions()
  .option('--config <file>', "runs the proxy: OpenAI's API for the agents of a config.yaml as LiteLLM has it")
  .option('--port <port>', 'the port; 0 for any free one', parseNumber, 4000)
  .option('--host <host>', 'the address to listen on', '127.0.0.1')
  .option('--check', 'says what is wrong with the configuration, and does not run')
  .action(async (options: Partial<ProxyCommandOptions>) => {
    const { config: path, port = 4000, host = '127.0.0.1', check = false } = options;
    if (path === undefined) return program.help();
    // Loaded here, since the other commands need none of it.
    const { runProxyCommand } = await import('./proxy/command.ts');
    const { createProxyOf } = await import('./proxy/proxy.ts');
    const { createSharedRouter } = await import('./default.ts');
    await runProxyCommand(
      { config: path, port, host, check },
      {
        createProxy: (config) => createProxyOf(config, { createRouter: createSharedRouter }),
        print: console.log,
        warn: console.error,
      },
    );
    // Connections to AWS and Redis would keep the process for a while.
    process.exit(0);
  });

program
  .command('chat')
  .description('talks to an agent: each line of the input is said to it; Ctrl-C aborts its answer')
  .argument('<model>', 'as bedrock/agent/{AGENT_ID}/{ALIAS_ID} or bedrock/agentcore/{ARN}')
  .option('--session <id>', 'goes on with a session')
  .option('--json', 'for scripts: each answer is a line of JSON')
  .action(async (model: string, options: Omit<ChatCommandOptions, 'model'>) => {
    const { runChatCommand } = await import('./chat/command.ts');
    const { completion } = await import('./default.ts');
    const { stdin: input, stdout: output, stderr: errors, env } = process;
    const isInteractive = input.isTTY && output.isTTY && !options.json;
    const isStyled = (isInteractive || Boolean(env['FORCE_COLOR'])) && !env['NO_COLOR'];
    const terminal = { input, output, errors, isInteractive, isStyled };
    process.exitCode = await runChatCommand({ model, ...options }, { completion, terminal });
  });

program
  .command('local')
  .description(
    'a local Bedrock: agents, runtimes and harnesses that say back what they are told, for development and tests',
  )
  .option('--port <port>', 'the port; 0 for any free one', parseNumber, 4100)
  .option('--host <host>', 'the address to listen on', '127.0.0.1')
  .option('--fail <name:probability>', 'let calls fail, as throttling:0.1, throttling@stream:0.1, reset:0.1', append)
  .option('--forward <ARN=URL>', 'an AgentCore container that answers for a runtime, as http://localhost:8080', append)
  .option('--seed <n>', 'make the failures the same each time', parseNumber)
  .action(async (options: LocalCommandOptions) => {
    const { runLocalCommand } = await import('./local/command.ts');
    await runLocalCommand(options, console.log);
  });

program.parseAsync().catch((error: unknown) => {
  program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
});

function parseNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function append(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}
