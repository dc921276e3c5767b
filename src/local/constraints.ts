import { awsException } from './exceptions.ts';

/** What AWS demands of a request field that was sent. `least` and `most` bound a number, or else the length of a string or list. */
export interface Constraint {
  readonly field: string;
  readonly value: unknown;
  readonly required?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly pattern?: RegExp;
  readonly among?: readonly string[];
}

/** Throws AWS's ValidationException naming every field that breaks its constraint. */
export function checkConstraints(constraints: readonly Constraint[]): void {
  const errors = constraints.flatMap((constraint) =>
    brokenRules(constraint).map(
      (rule) =>
        `Value ${echo(constraint.value)}at '${constraint.field}' failed to satisfy constraint: Member must ${rule}`,
    ),
  );
  if (errors.length === 0) return;
  const found = errors.length === 1 ? '1 validation error' : `${errors.length} validation errors`;
  throw awsException('ValidationException', `${found} detected: ${errors.join('; ')}`);
}

function brokenRules({ value, required, least, most, pattern, among }: Constraint): readonly string[] {
  if (value === undefined || value === null) return required ? ['not be null'] : [];
  const rules: string[] = [];
  const [size, what] = sizeOf(value);
  const text = typeof value === 'string' ? value : '';
  if (least !== undefined && size < least) rules.push(`have ${what} greater than or equal to ${least}`);
  if (most !== undefined && size > most) rules.push(`have ${what} less than or equal to ${most}`);
  // AWS prints a pattern without the anchors that it means.
  if (pattern && !pattern.test(text)) {
    rules.push(`satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, '')}`);
  }
  if (among && !among.includes(text)) rules.push(`satisfy enum value set: [${among.join(', ')}]`);
  return rules;
}

function sizeOf(value: unknown): readonly [number, 'value' | 'length'] {
  if (typeof value === 'number') return [value, 'value'];
  const isLong = typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array;
  return [isLong ? value.length : 0, 'length'];
}

// AWS says which value it refuses. Longer ones than an id are left out: they may be what somebody wrote.
function echo(value: unknown): string {
  if (value === undefined || value === null) return 'null ';
  if (typeof value === 'number') return `'${value}' `;
  return typeof value === 'string' && value.length <= longestEcho ? `'${value}' ` : '';
}

const longestEcho = 50;
