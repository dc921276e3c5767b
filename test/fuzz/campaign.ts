import fc from 'fast-check';
import { subjects } from './subjects.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly cases: number;
  /** After which no further case is begun. */
  readonly seconds?: number | undefined;
}

/** What came of a subject. */
export interface Campaign {
  readonly subject: string;
  readonly seed: number;
  readonly cases: number;
  readonly seconds: number;
  /** The smallest input that was found for which something does not hold, and what. */
  readonly failure?: string;
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];

/** Tries a subject with inputs made of a seed: the same seed makes the same inputs. */
export async function runCampaign(
  subject: string,
  { seed, cases, seconds = Infinity }: CampaignOptions,
): Promise<Campaign> {
  const load = subjects[subject];
  if (!load) throw new RangeError(`There is no subject ${subject}. Known are: ${Object.keys(subjects).join(', ')}.`);
  const { property } = await load();
  const before = prototypes.map(toShape).join('\n');
  const began = performance.now();
  // Whatever its inputs are: only its own check looks at them.
  const outcome = await fc.check(property as fc.IRawProperty<unknown>, {
    seed,
    numRuns: cases,
    ...(seconds < Infinity && { interruptAfterTimeLimit: seconds * 1000 }),
  });
  const polluted =
    before === prototypes.map(toShape).join('\n') ? undefined : 'A prototype that all objects share was changed.';
  const failure = outcome.failed ? explain(outcome) : polluted;
  return {
    subject,
    seed,
    cases: outcome.numRuns,
    seconds: (performance.now() - began) / 1000,
    ...(failure !== undefined && { failure }),
  };
}

function explain(outcome: fc.RunDetails<unknown>): string {
  const { errorInstance } = outcome;
  const why = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  return `${fc.defaultReportMessage(outcome) ?? ''}\n${why}`;
}

function toShape(prototype: object): string {
  return Reflect.ownKeys(prototype).map(String).join();
}
