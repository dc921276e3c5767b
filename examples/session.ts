// A session: the agent remembers, so each turn sends only what is new.
import { completion } from 'bedrock-agents-openai';

const model = 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW';
const first = await completion({ model, messages: [{ role: 'user', content: 'My name is Ada.' }] });

// The id of the session comes with the answer. A name of your own will do as well: `litellm_session_id: 'ticket 4711'`.
const sessionId = first._hidden_params.session_id;
const second = await completion({ model, sessionId, messages: [{ role: 'user', content: 'What is my name?' }] });

console.log(second.choices[0]?.message.content);
