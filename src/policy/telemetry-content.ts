import type { AgentEvent, AgentRequest, FinishReason, Part, Turn } from '../agent.ts';

/** Whether the environment asks for what is said to stand in spans, in the words of OpenTelemetry's instrumentations. */
export function isContentAsked(): boolean {
  const value = process.env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'] ?? '';
  return /^(true|span_only|span_and_event)$/i.test(value);
}

/** What is said, as attributes: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ */
export function createContent({ instructions, turns }: AgentRequest) {
  const input = {
    'gen_ai.input.messages': JSON.stringify(turns.map(toMessage)),
    ...(instructions !== '' && { 'gen_ai.system_instructions': JSON.stringify([toText(instructions)]) }),
  };
  const said = { text: '', reasoning: '', calls: [] as object[], finish_reason: '' };

  function read(events: readonly AgentEvent[]): void {
    for (const event of events) {
      if (event.type === 'text' || event.type === 'reasoning') said[event.type] += event.text;
      if (event.type === 'tool-call') said.calls.push(toCall(event));
      if (event.type === 'finish') said.finish_reason = toReason(event.reason);
    }
  }

  function toOutput() {
    const { text, reasoning, calls, finish_reason } = said;
    const parts = [
      ...(reasoning === '' ? [] : [{ type: 'reasoning', content: reasoning }]),
      ...(text === '' ? [] : [toText(text)]),
      ...calls,
    ];
    return { 'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts, finish_reason }]) };
  }

  return { input, read, toOutput };
}

/** The convention's words, which are OpenAI's but for one letter. */
export function toReason(reason: FinishReason): string {
  return reason === 'tool-calls' ? 'tool_call' : reason.replace('-', '_');
}

function toMessage(turn: Turn): object {
  switch (turn.type) {
    case 'user':
      return { role: 'user', parts: turn.parts.map(toPart) };
    case 'assistant':
      return {
        role: 'assistant',
        parts: [...(turn.text === '' ? [] : [toText(turn.text)]), ...turn.calls.map(toCall)],
      };
    case 'results': {
      const parts = turn.results.map(({ id, text }) => ({ type: 'tool_call_response', id, response: text }));
      return { role: 'tool', parts };
    }
    default:
      return turn satisfies never;
  }
}

function toPart(part: Part): object {
  return part.type === 'text' ? toText(part.text) : { type: part.type, name: part.name };
}

function toText(content: string): object {
  return { type: 'text', content };
}

function toCall(call: { readonly id: string; readonly name: string; readonly arguments: string }): object {
  return { type: 'tool_call', id: call.id, name: call.name, arguments: call.arguments };
}
