import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LocalAgent } from './agent-request.ts';
import { sendException } from './exceptions.ts';
import type { DrawFault } from './faults.ts';
import type { LocalHarness } from './harness-request.ts';
import { invokeAgent } from './invoke-agent.ts';
import { createHarnessMemory, invokeHarness } from './invoke-harness.ts';
import { invokeRuntime } from './invoke-runtime.ts';
import type { LocalRuntime, LocalRuntimeRequest } from './runtime-request.ts';
import { createSessions } from './sessions.ts';
import { stopRuntimeSession } from './stop-runtime-session.ts';

/** One request that was answered, for a log. It holds nothing of what was said. */
export interface LocalCall {
  readonly method: string;
  /** An agent as `AGENTID/ALIASID`, a runtime or a harness by its ARN, or the path of a request that asks for none of them. */
  readonly target: string;
  /** `undefined` when the caller left before the answer began. */
  readonly status: number | undefined;
}

/** Who answers, and what goes wrong. */
export interface Services {
  readonly findAgent: (name: string) => LocalAgent | undefined;
  readonly findRuntime: (request: LocalRuntimeRequest) => LocalRuntime | undefined;
  readonly findHarness: (arn: string) => LocalHarness | undefined;
  readonly drawFault: DrawFault;
  readonly onCall: (call: LocalCall) => void;
}

/** Makes the listener of a server: it leads every request to the operation that its path names. */
export function createRoute(
  services: Services,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const { findAgent, findRuntime, findHarness, drawFault, onCall } = services;
  const sessions = createSessions();
  const memory = createHarnessMemory();

  return async (incoming, outgoing) => {
    const requestId = randomUUID();
    outgoing.setHeader('x-amzn-requestid', requestId);
    const { method = '' } = incoming;
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const log = (target: string) =>
      outgoing.once('close', () => {
        onCall({ method, target, status: outgoing.headersSent ? outgoing.statusCode : undefined });
      });

    const agent = method === 'POST' && parseLabels(agentPath, path);
    const runtime = method === 'POST' && parseLabels(runtimePath, path);
    if (agent) {
      const [agentId = '', agentAliasId = '', sessionId = ''] = agent;
      log(`${agentId}/${agentAliasId}`);
      const service = { find: findAgent, sessions, fault: drawFault('agents') };
      await invokeAgent(incoming, outgoing, { agentId, agentAliasId, sessionId, requestId }, service);
    } else if (runtime) {
      const [arn = '', operation] = runtime;
      log(arn);
      const parameters = new URLSearchParams(query);
      const accountId = parameters.get('accountId') ?? undefined;
      const qualifier = parameters.get('qualifier') ?? 'DEFAULT';
      const target = { arn, accountId, qualifier };
      if (operation === 'stopruntimesession') {
        await stopRuntimeSession(incoming, outgoing, target, { find: findRuntime });
      } else {
        await invokeRuntime(incoming, outgoing, target, { find: findRuntime, fault: drawFault('runtimes') });
      }
    } else if (method === 'POST' && path === harnessPath) {
      const parameters = new URLSearchParams(query);
      const arn = parameters.get('harnessArn') ?? '';
      log(arn);
      const qualifier = parameters.get('qualifier') ?? 'DEFAULT';
      const service = { find: findHarness, memory, fault: drawFault('harnesses') };
      await invokeHarness(incoming, outgoing, { arn, qualifier, requestId }, service);
    } else {
      log(path);
      const fields = { message: 'The local Bedrock does not know this operation.' };
      sendException(outgoing, 404, { name: 'UnknownOperationException', fields });
    }
  };
}

const agentPath = /^\/agents\/([^/]+)\/agentAliases\/([^/]+)\/sessions\/([^/]+)\/text$/;
const runtimePath = /^\/runtimes\/([^/]+)\/(invocations|stopruntimesession)$/;
const harnessPath = '/harnesses/invoke';

function parseLabels(pattern: RegExp, path: string): readonly string[] | undefined {
  try {
    return pattern.exec(path)?.slice(1).map(decodeURIComponent);
  } catch {
    // A broken escape like `%zz`: no operation has such a path.
    return undefined;
  }
}
