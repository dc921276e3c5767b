import { ConfigError, type ConfigFile } from './config-file.ts';

/** Variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What files set in the environment; their own references look at what is there before. The first file counts most. Throws a `ConfigError`. */
export function readVariables(
  files: readonly ConfigFile[],
  environment: Environment,
): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const file of files) {
    const section = (file.value as { environment_variables?: unknown } | null)?.environment_variables;
    const resolved = resolveReferences({ ...file, value: { environment_variables: section } }, environment);
    const { environment_variables: given } = resolved as { environment_variables: unknown };
    if (typeof given !== 'object' || given === null) continue;
    for (const [name, value] of Object.entries(given)) {
      if (typeof value === 'object' && value !== null) {
        throw new ConfigError([`${toPlace(file, ['environment_variables', name])}: expected a text.`]);
      }
      variables[name] ??= String(value);
    }
  }
  return variables;
}

/** Puts the environment's values where a file says `os.environ/NAME`. Throws a `ConfigError` naming all that are missing. */
export function resolveReferences(file: ConfigFile, environment: Environment): unknown {
  const problems: string[] = [];

  function resolve(value: unknown, path: readonly PropertyKey[]): unknown {
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, [...path, key])]));
    }
    if (typeof value !== 'string' || !value.startsWith(prefix)) return value;
    const name = value.slice(prefix.length);
    const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (found === undefined) {
      problems.push(`${toPlace(file, path)}: the environment variable ${name} is not set.`);
    }
    return found;
  }

  const resolved = resolve(file.value, []);
  if (problems.length > 0) throw new ConfigError(problems);
  return resolved;
}

const prefix = 'os.environ/';

/** A file, a line and a path, as an error or a warning begins. */
export function toPlace(file: ConfigFile, path: readonly PropertyKey[]): string {
  return [`${file.name}:${file.lineOf(path)}`, ...(path.length > 0 ? [path.map(String).join('.')] : [])].join(': ');
}
