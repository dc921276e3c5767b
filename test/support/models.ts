/** Model strings that parse; which agent they name does not matter on a loopback server. */
export const agentModel = 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW';
export const runtimeArn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime';
export const runtimeModel = `bedrock/agentcore/${runtimeArn}`;

export const harnessArn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:harness/my_harness-abcdefghij';
export const harnessModel = `bedrock/agentcore/${harnessArn}`;

/** Parameters that reach a loopback server with keys that are nobody's. */
export function reach(url: string) {
  return {
    api_base: url,
    aws_access_key_id: 'AKIDEXAMPLE',
    aws_secret_access_key: 'secret-EXAMPLE-KEY',
  };
}
