// `npm run demo`: runs the other examples against a local Bedrock, so that no AWS account is needed.
import { readdirSync, readFileSync } from 'node:fs';
import { startLocalBedrock } from 'bedrock-agents-openai/local';

// A Lambda needs AWS around it, and a test its runner.
const elsewhere = ['demo.ts', 'lambda.ts', 'app.test.ts'];
const examples = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !elsewhere.includes(name));

const bedrock = await startLocalBedrock();
Object.assign(process.env, bedrock.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });

for (const name of examples) {
  const [title = ''] = readFileSync(new URL(name, import.meta.url), 'utf8').split('\n');
  console.log(`\n\x1b[1m── examples/${name} ──\x1b[0m ${title.replace('// ', '')}\n`);
  await import(`./${name}`);
}

await bedrock.close();
console.log(`
These answers came from a local Bedrock that says back what it is told. To ask your own agents: set AWS credentials as
for the AWS CLI, put your agent's id or ARN into an example, and run it: npx tsx examples/agent-stream.ts`);
