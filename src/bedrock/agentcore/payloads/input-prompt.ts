import type { Form } from './form.ts';
import { toPromptFields } from './prompt.ts';

/** `{ input: { prompt, … } }`: the same one level down, as AWS's guide to agents behind a server of one's own has it. */
export const inputPrompt: Form = {
  field: 'input',
  carriesTools: false,
  toPayload: (said) => ({ input: toPromptFields(said) }),
};
