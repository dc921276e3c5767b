export { startLocalBedrock } from './local/server.ts';
export { awsException } from './local/exceptions.ts';
export type { LocalBedrock, LocalBedrockOptions } from './local/server.ts';
export type { LocalAgent, LocalAgentRequest } from './local/agent-request.ts';
export type { LocalAgentEvent, LocalFile } from './local/agent-events.ts';
export type { LocalTraceEvent, LocalTracePart, LocalUsage } from './local/agent-trace.ts';
export type { LocalHarness, LocalHarnessRequest, LocalMessage } from './local/harness-request.ts';
export type {
  LocalHarnessEvent,
  LocalHarnessPart,
  LocalHarnessUsage,
  LocalToolResult,
  LocalToolUse,
  PartName as LocalHarnessPartName,
} from './local/harness-events.ts';
export type { LocalCall } from './local/route.ts';
export type {
  FaultException as LocalFaultException,
  Interruption as LocalInterruption,
  LocalFaultName,
  LocalFaults,
} from './local/faults.ts';
export type { JsonObject as LocalJson } from './local/json.ts';
export type { LocalRuntime, LocalRuntimeRequest } from './local/runtime-request.ts';
export type { LocalTurn } from './local/sessions.ts';
