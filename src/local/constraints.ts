import { awsException } from './exceptions.ts';

/** What AWS demands of a request field. */
export interface Constraint {
  readonly field: string;
  readonly value: string;
  readonly shortest: number;
  readonly longest: number;
  readonly pattern?: RegExp;
}

/** Throws AWS's ValidationException naming every field that breaks its constraint. The values stay out of the message: they may be long. */
export function checkConstraints(constraints: readonly Constraint[]): void {
  const errors = constraints.flatMap((constraint) =>
    broken(constraint).map(
      (rule) => `Value at '${constraint.field}' failed to satisfy constraint: Member must ${rule}`,
    ),
  );
  if (errors.length === 0) return;
  const found = errors.length === 1 ? '1 validation error' : `${errors.length} validation errors`;
  throw awsException('ValidationException', `${found} detected: ${errors.join('; ')}`);
}

function broken({ value, shortest, longest, pattern }: Constraint): readonly string[] {
  const rules: string[] = [];
  if (value.length < shortest) rules.push(`have length greater than or equal to ${shortest}`);
  if (value.length > longest) rules.push(`have length less than or equal to ${longest}`);
  if (pattern && !pattern.test(value)) rules.push(`satisfy regular expression pattern: ${pattern.source}`);
  return rules;
}
