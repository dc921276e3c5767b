export { startLocalBedrock } from './local/server.ts';
export { awsException } from './local/exceptions.ts';
export type { LocalBedrock, LocalBedrockOptions } from './local/server.ts';
export type { LocalAgent, LocalAgentRequest } from './local/agent-request.ts';
export type { LocalAgentEvent, LocalFile } from './local/agent-events.ts';
export type { LocalTraceEvent, LocalUsage } from './local/agent-trace.ts';
export type { LocalRuntime, LocalRuntimeRequest } from './local/runtime-request.ts';
