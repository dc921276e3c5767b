import { parseArgs } from 'node:util';
import { startProcess } from './process.ts';
import { type Row, subjects } from './subjects.ts';
import { print } from './table.ts';

/** `npm run bench -- [part of a subject's name …] [--json]` */
const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });

const server = startProcess('server');
const url = String(await server.message());
const rows: Row[] = [];
for (const [name, load] of Object.entries(subjects)) {
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
  if (!values.json) console.error(`${name} …`);
  const { measure } = await load();
  const running = new Set<ReturnType<typeof startProcess>>();
  const run = (contender: string, ...options: string[]) => {
    const contending = startProcess('contender', [name, contender, url], options);
    running.add(contending);
    return contending;
  };
  rows.push(...(await measure(run, url)));
  for (const contending of running) contending.stop();
}
server.stop();
if (values.json) console.log(JSON.stringify(rows, null, 2));
else print(rows);
