import { bedrock } from './bedrock/index.ts';
import { createCompletion } from './completion.ts';

/** `completion()` for the agents of Amazon Bedrock. */
export const completion = createCompletion(bedrock());
