"""What boto3, AWS's SDK for Python, makes of a local Bedrock: run by boto3.test.ts, prints what it saw as JSON."""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

config = Config(retries={"total_max_attempts": 1})
agents = boto3.client("bedrock-agent-runtime", config=config)
runtimes = boto3.client("bedrock-agentcore", config=config)

ARN = "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/"
HARNESS = "arn:aws:bedrock-agentcore:us-east-1:123456789012:harness/"
SESSION = "a-session-of-the-right-length-0123456789"


def ask(agent, **more):
    answer = agents.invoke_agent(
        agentId=agent, agentAliasId="ALIAS", **{"sessionId": "session", "inputText": "Hi", **more}
    )
    seen = {"chunks": [], "traces": [], "session": answer["sessionId"]}
    try:
        for event in answer["completion"]:
            if "chunk" in event:
                seen["chunks"].append(event["chunk"]["bytes"].decode())
            elif "trace" in event:
                seen["traces"].append(event["trace"]["trace"])
            else:
                seen.update(event)
    except EventStreamError as error:
        seen["error"] = error.response["Error"]
    return seen


def refusal(call):
    try:
        return call()
    except ClientError as error:
        return {**error.response["Error"], "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}


def invoke(runtime):
    answer = runtimes.invoke_agent_runtime(
        agentRuntimeArn=ARN + runtime,
        runtimeSessionId=SESSION,
        payload=json.dumps({"prompt": "Hi"}).encode(),
    )
    body = answer["response"]
    lines = [line.decode() for line in body.iter_lines()]
    return {"type": answer["contentType"], "session": answer["runtimeSessionId"], "lines": lines}


def result_of(returned):
    call = returned["invocationInputs"][0]["functionInvocationInput"]
    body = {"TEXT": {"body": "12 degrees"}}
    result = {"actionGroup": call["actionGroup"], "function": call["function"], "responseBody": body}
    return {
        "invocationId": returned["invocationId"],
        "returnControlInvocationResults": [{"functionResult": result}],
    }


def converse(harness, *messages):
    answer = runtimes.invoke_harness(
        harnessArn=HARNESS + harness,
        runtimeSessionId=SESSION,
        messages=[{"role": "user", "content": [{"text": "Hi"}]}, *messages],
    )
    seen = {"events": []}
    try:
        seen["events"] += answer["stream"]
    except EventStreamError as error:
        seen["error"] = error.response["Error"]
    return seen


streamed = {"streamFinalResponse": True}
control = ask("CONTROL")
print(
    json.dumps(
        {
            "whole": ask("TALK"),
            "streamed": ask("TALK", streamingConfigurations=streamed, enableTrace=True),
            "refused": refusal(lambda: ask("TALK", sessionId="not valid")),
            "throttled": refusal(lambda: ask("THROTTLED")),
            "broken": ask("BROKEN", streamingConfigurations=streamed),
            "control": control,
            "resumed": ask("CONTROL", sessionState=result_of(control["returnControl"])),
            "json": invoke("json-abcdefghij"),
            "events": invoke("events-abcdefghij"),
            "harness": converse("talk-abcdefghij"),
            "harness_broken": converse("broken-abcdefghij"),
            "harness_refused": refusal(
                lambda: converse("talk-abcdefghij", {"role": "user", "content": [{"text": "again"}]})
            ),
            "missing": refusal(lambda: invoke("missing-abcdefghij")),
        }
    )
)
