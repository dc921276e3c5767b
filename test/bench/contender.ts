import { subjects } from './subjects.ts';

/** One side of a comparison, alone in its process. */
const [subject = '', name = '', url = ''] = process.argv.slice(2);
const loaded = await subjects[subject]?.();
const round = await loaded?.contenders[name]?.(url);
if (!round) throw new Error(`${subject} has no contender ${name}.`);

process.on('message', () => {
  const before = process.cpuUsage();
  void (async () => {
    const result = await round();
    const { user, system } = process.cpuUsage(before);
    process.send?.({ cpu: user + system, result });
  })();
});
// With whoever measures, also where that one is a contender itself.
process.on('disconnect', () => process.exit());
