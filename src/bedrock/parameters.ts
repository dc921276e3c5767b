import { BadRequestError } from '../errors.ts';
import { connectionNames } from './connection.ts';

export type FieldType = 'string' | 'boolean' | 'number' | 'object';

/** Parameters by whom they are for. */
export interface SplitParameters<Name extends string> {
  /** Fields of the AWS request, their types checked. */
  readonly fields: Readonly<Partial<Record<Name, unknown>>>;
  /** Custom parameters, for the agent itself. */
  readonly custom: Readonly<Record<string, unknown>>;
}

/** Sorts parameters by name. An `aws_*` parameter that nobody knows is an error: it must never reach an agent. */
export function splitParameters<Name extends string>(
  parameters: Readonly<Record<string, unknown>>,
  types: Readonly<Record<Name, FieldType>>,
): SplitParameters<Name> {
  const fields: Partial<Record<Name, unknown>> = {};
  const custom: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (connectionNames.has(name)) continue;
    if (isField(name, types)) {
      checkType(name, value, types[name]);
      fields[name] = value;
    } else if (name.startsWith('aws_')) {
      throw new BadRequestError(`${name} is not a parameter of this version; see the README for the ones that are.`, {
        param: name,
      });
    } else {
      custom[name] = value;
    }
  }
  return { fields, custom };
}

function isField<Name extends string>(name: string, types: Readonly<Record<Name, FieldType>>): name is Name {
  return Object.hasOwn(types, name);
}

function checkType(name: string, value: unknown, expected: FieldType): void {
  const came = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  if (came !== expected) throw new BadRequestError(`${name}: expected ${expected}, got ${came}.`, { param: name });
}
