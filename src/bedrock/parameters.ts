import { BadRequestError } from '../errors.ts';
import { connectionNames } from './connection.ts';
import { parseHeader } from './headers.ts';

/** `header` is a string that is sent as one. */
export type FieldType = 'string' | 'boolean' | 'number' | 'object' | 'array' | 'header';

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
    if (value == null || connectionNames.has(name)) continue;
    if (isField(name, types)) {
      fields[name] = types[name] === 'header' ? parseHeader(name, value, name) : checkType(name, value, types[name]);
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

function checkType(name: string, value: unknown, expected: FieldType): unknown {
  const came = Array.isArray(value) ? 'array' : typeof value;
  if (came === expected) return value;
  throw new BadRequestError(`${name}: expected ${expected}, got ${came}.`, { param: name });
}

/** A custom parameter as JSON, or `undefined` where JSON has no such value. */
export function toJson(name: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    throw new BadRequestError(`${name}: this value cannot be written as JSON.`, { param: name });
  }
}
