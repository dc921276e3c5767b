import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePython } from '../../../src/bedrock/agentcore/formats/python.ts';
import { readStream, readWhole } from '../../support/reading.ts';

describe("Python's repr", () => {
  test.each<[string, unknown]>([
    [`{'a': 1, "b": [True, False, None], 'c': (-1.5e3, 'x')}`, { a: 1, b: [true, false, null], c: [-1500, 'x'] }],
    [String.raw`{'a': 'it\'s', 'b': "it's", 'c': '\xe9\u20ac\U0001f600\n\\'}`, { a: "it's", b: "it's", c: 'é€😀\n\\' }],
    ["{'a': {1, 2}, 'b': set(), 'c': {}, 'd': b'\\xff', 'e': ...}", { a: [1, 2], b: {}, c: {}, d: '', e: null }],
    [String.raw`'\U0010ffff \U00110000 \U99999999'`, '\u{10ffff} \ufffd \ufffd'],
    ["Part(text='Hi', thought=None)", { text: 'Hi', thought: null }],
    ['Part(\n  text="""Two\nlines"""\n)', { text: 'Two\nlines' }],
    ["text='Hi' partial=True", { text: 'Hi', partial: true }],
    ["{'f': <function a.<locals>.b at 0x7f>, 'g': <bound method X.y of <X object>>}", { f: null, g: null }],
    ["{'role': <Role.USER: 'user'>, 'type': <class 'str'>}", { role: 'user', type: null }],
    ["{'at': datetime.datetime(2026, 1, 2, 3), 'd': Decimal('1.5'), 't': list[str]}", { at: {}, d: '1.5', t: 'list' }],
    ["{'__proto__': 1}", JSON.parse('{"__proto__": 1}')],
  ])('is the value that it shows: %s', (text, value) => {
    expect(parsePython(text)).toEqual(value);
  });

  test.each(['', "{'a", 'Part(', '<X', 'two words', "{'a': 1} x", '['.repeat(1000)])('is none: %s', (text) => {
    expect(parsePython(text)).toBeUndefined();
  });

  test('never throws', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '"""',
      '\\',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '<',
      '>',
      ',',
      ':',
      '=',
      'a',
      '1',
      ' ',
      'None',
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => void parsePython(pieces.join(''))));
  });

  test('may be as long as a value of a stream', () => {
    const long = 'x\\n'.repeat(300_000);
    expect(parsePython(`Part(text='${long}')`)).toEqual({ text: long.replaceAll('\\n', '\n') });
  });
});

/** What the runtime sends of objects that it cannot make JSON. */
describe('an agent that yields its objects as they are', () => {
  const autogen = (type: string, content: string, usage = 'None') =>
    `id='8f' source='assistant' models_usage=${usage} metadata={} created_at=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc) content=${content} type='${type}'`;
  const adk = (parts: string, rest: string) =>
    `model_version=None content=Content(\n  parts=[\n    ${parts}\n  ],\n  role='model'\n) grounding_metadata=None ${rest} invocation_id='e-1' author='agent' actions=EventActions(state_delta={}) long_running_tool_ids=set() branch=None id='1' timestamp=1.5`;
  const call = "FunctionCall(args={'a': 2}, id='c1', name='add')";

  test.each<[string, readonly string[]]>([
    [
      'LangGraph, in updates',
      [
        "{'agent': {'messages': [AIMessage(content='Let me add.', additional_kwargs={}, id='run-1', tool_calls=[{'name': 'add', 'args': {'a': 2}, 'id': 'c1'}])]}}",
        "{'tools': {'messages': [ToolMessage(content='TOOL', name='add', tool_call_id='c1')]}}",
        "{'agent': {'messages': [AIMessage(content='It is 5.', id='run-2')]}}",
      ],
    ],
    [
      'LangGraph, in messages',
      [
        "(AIMessageChunk(content='Let me ', id='run-1'), {'langgraph_node': 'agent', 'langgraph_triggers': ('a',)})",
        "('messages', (AIMessageChunk(content='add.', additional_kwargs={}, id='run-1'), {'langgraph_node': 'agent'}))",
        "(ToolMessage(content='TOOL', tool_call_id='c1'), {'langgraph_node': 'tools'})",
        "(AIMessageChunk(content=[{'type': 'text', 'text': 'It is 5.'}], id='run-2'), {'langgraph_node': 'agent'})",
      ],
    ],
    [
      'LangGraph, in values',
      [
        "{'messages': [HumanMessage(content='PROMPT', id='h')]}",
        "{'messages': [HumanMessage(content='PROMPT', id='h'), AIMessage(content='Let me add.', id='a')]}",
        "{'messages': [HumanMessage(content='PROMPT', id='h'), AIMessage(content='Let me add.', id='a'), AIMessage(content='It is 5.', id='b')]}",
      ],
    ],
    [
      "OpenAI's Agents SDK",
      [
        "AgentUpdatedStreamEvent(new_agent=Agent(name='a', tools=[FunctionTool(on_invoke_tool=<function f.<locals>.g at 0x7f>)]), type='agent_updated_stream_event')",
        "RawResponsesStreamEvent(data=ResponseCreatedEvent(response=Response(id='r', output=[]), type='response.created'), type='raw_response_event')",
        "RawResponsesStreamEvent(data=ResponseTextDeltaEvent(delta='Let me add.', type='response.output_text.delta'), type='raw_response_event')",
        "RawResponsesStreamEvent(data=ResponseCompletedEvent(response=Response(output=[], status='completed', usage=None), type='response.completed'), type='raw_response_event')",
        "RunItemStreamEvent(name='message_output_created', item=MessageOutputItem(agent=Agent(name='a'), raw_item=ResponseOutputMessage(id='m', content=[ResponseOutputText(annotations=[], text='Let me add.', type='output_text')], role='assistant', type='message'), type='message_output_item'), type='run_item_stream_event')",
        "RunItemStreamEvent(name='tool_output', item=ToolCallOutputItem(raw_item={'call_id': 'c1', 'output': 'TOOL', 'type': 'function_call_output'}, output='TOOL', type='tool_call_output_item'), type='run_item_stream_event')",
        "content_index=0 delta='It is 5.' item_id='m' logprobs=[] output_index=0 sequence_number=1 type='response.output_text.delta'",
      ],
    ],
    [
      'AutoGen',
      [
        autogen('TextMessage', "'PROMPT'").replace('assistant', 'user'),
        autogen('TextMessage', "'Let me add.'"),
        autogen(
          'ToolCallRequestEvent',
          `[FunctionCall(id='c1', arguments='{"a":2}', name='add')]`,
          'RequestUsage(prompt_tokens=3, completion_tokens=2)',
        ),
        autogen(
          'ToolCallExecutionEvent',
          "[FunctionExecutionResult(content='TOOL', name='add', call_id='c1', is_error=False)]",
        ),
        autogen('ModelClientStreamingChunkEvent', "'It is '"),
        autogen('ModelClientStreamingChunkEvent', "'5.'"),
        autogen('TextMessage', "'It is 5.'"),
        `messages=[TextMessage(${autogen('TextMessage', "'It is 5.'").replaceAll(' ', ', ')})] stop_reason=None`,
      ],
    ],
    [
      'Google ADK',
      [
        adk("Part(\n      text='Let me add.'\n    ),", 'partial=True turn_complete=None'),
        adk(`Part(\n      text='Let me add.'\n    ), Part(\n      function_call=${call}\n    ),`, 'partial=None'),
        adk(
          "Part(\n      function_response=FunctionResponse(id='c1', name='add', response={'result': 'TOOL'})\n    ),",
          'partial=None',
        ).replace("role='model'", "role='user'"),
        adk("Part(\n      text='It is 5.'\n    ),", "partial=None finish_reason=<FinishReason.STOP: 'STOP'>"),
      ],
    ],
    [
      'Pydantic AI',
      [
        "PartStartEvent(index=0, part=TextPart(content='Let me '))",
        "PartDeltaEvent(index=0, delta=TextPartDelta(content_delta='add.'))",
        "PartStartEvent(index=1, part=ToolCallPart(tool_name='add', args='{\"a\":2}', tool_call_id='c1'))",
        "FunctionToolCallEvent(part=ToolCallPart(tool_name='add', args='{\"a\":2}', tool_call_id='c1'))",
        "FunctionToolResultEvent(result=ToolReturnPart(tool_name='add', content='TOOL', tool_call_id='c1', timestamp=datetime.datetime(2026, 1, 2)))",
        'FinalResultEvent(tool_name=None, tool_call_id=None)',
        "PartStartEvent(index=0, part=TextPart(content='It is 5.'))",
        "AgentRunResultEvent(result=AgentRunResult(output='It is 5.'))",
      ],
    ],
    [
      'LlamaIndex',
      [
        "delta='Let me add.' response='Let me add.' current_agent_name='Agent' tool_calls=[] raw=ChatCompletionChunk(id='x')",
        "response=ChatMessage(role=<MessageRole.ASSISTANT: 'assistant'>, additional_kwargs={}, blocks=[TextBlock(block_type='text', text='Let me add.')]) current_agent_name='Agent' tool_calls=[]",
        "delta='It is 5.' response='It is 5.' current_agent_name='Agent' tool_calls=[] raw=None",
      ],
    ],
  ])('is understood: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({
      text: 'Let me add.\n\nIt is 5.',
      calls: [],
      finish: 'stop',
      error: undefined,
    });
  });

  test.each([
    ['an event of Converse', ["{'event': {'contentBlockDelta': {'delta': {'text': 'Hi'}, 'contentBlockIndex': 0}}}"]],
    ["Google's content", ["parts=[Part(text='Hi')] role='model'"]],
    ["LangChain's tool message", ["content='5' name='add' tool_call_id='c1'", 'Hi']],
    ["CrewAI's output", ["CrewOutput(raw='Hi', pydantic=None, json_dict=None, tasks_output=[], token_usage=None)"]],
  ])('is understood by what it shows: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({ text: 'Hi', error: undefined });
  });

  test("is understood whole, as the Agents SDK's result", () => {
    const printed =
      'RunResult:\n- Last agent: Agent(name="a", ...)\n- Final output (str):\n    It is\n    5.\n- 1 new item(s)\n- 1 raw response(s)\n(See `RunResult` for more details)';
    expect(readWhole(printed)).toMatchObject({ text: 'It is\n5.', finish: 'stop' });
    expect(readWhole("{'messages': [HumanMessage(content='PROMPT'), AIMessage(content='Hi')]}")).toMatchObject({
      text: 'Hi',
    });
  });

  test.each([
    'x=1 and y=2',
    'Point(x=1, y=2)',
    "type='a' is a keyword",
    'RunResult is a class',
    '(see AIMessage)',
    'content=yes and no',
  ])('is not every text that looks like it: %s', (text) => {
    expect(readStream(text)).toMatchObject({ text });
  });
});
