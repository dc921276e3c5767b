import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';

type Answer = readonly string[] | NodeJS.ErrnoException | 'silence';
type Callback = (error: NodeJS.ErrnoException | null, address?: string | LookupAddress[], family?: number) => void;

const names = new Map<string, (count: number) => Answer>();
const counts = new Map<string, number>();

/**
 * Stands in for the machine's name server where a name ends in `.test`: what the answer to its first, second, … question
 * is. Other names are asked as ever.
 */
export function nameHost(name: string, answer: (count: number) => Answer): void {
  names.set(name, answer);
}

/** What a name server says of a name. */
export function nameError(code: 'ENOTFOUND' | 'EAI_AGAIN'): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ${code}`), { code, syscall: 'getaddrinfo' });
}

/** Node's own function while `names` are not asked for; returns what puts it back. */
export function answerNames(): () => void {
  const { lookup } = dns;
  const replaced = (name: string, options: LookupOptions, callback: Callback) => {
    const answer = names.get(name);
    if (!answer) return lookup(name, options, callback);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const told = answer(count);
    if (told === 'silence') return;
    process.nextTick(() => {
      if (told instanceof Error) return callback(told);
      const addresses = told.map((address) => ({ address, family: isIP(address) }));
      if (options.all) return callback(null, addresses);
      const [first = ''] = told;
      callback(null, first, isIP(first));
    });
  };
  // Node's HTTP asks the function that stands here, and has no other way to another name server without root.
  dns.lookup = replaced as typeof lookup;
  return () => void (dns.lookup = lookup);
}
