import { AuthenticationError, Timeout } from '../../src/errors.ts';
import { type Exemption, type Fault, timedOut } from './faults.ts';
import { answerWhole } from './places.ts';
import type { Scene } from './scene.ts';
import type { Service } from './services.ts';

const none: Exemption = { why: 'nothing authorizes a call of it' };

/** A function that is asked for credentials: keys, or a JWT for those who take one. */
function given(give: (key: string) => unknown): (service: Service) => Readonly<Record<string, unknown>> {
  return ({ name }) => {
    if (name === 'Runtime (JWT)') return { api_key: () => give('header.payload.signature') };
    const toIdentity = (key: unknown) =>
      typeof key === 'string' ? { accessKeyId: key, secretAccessKey: 'secret-EXAMPLE-KEY' } : key;
    const provider = () => {
      const key = give('AKIDGIVEN');
      return key instanceof Promise ? key.then(toIdentity) : toIdentity(key);
    };
    return { aws_credentials: provider, aws_access_key_id: undefined, aws_secret_access_key: undefined };
  };
}

/** Gives old credentials first and fresh ones from the second question on. */
function renewed(service: Service): Readonly<Record<string, unknown>> {
  let count = 0;
  return given((key) => Promise.resolve(count++ === 0 ? `${key}OLD` : key))(service);
}

function refuse({ respond }: Scene, status: number, name: string, more: Readonly<Record<string, string>> = {}): void {
  const body = JSON.stringify({ message: 'AWS says why.' });
  respond(status, 'application/json', body, { 'x-amzn-errortype': name, ...more });
}

const isOld = ({ head }: Scene) => /(AKIDGIVEN|signature)OLD/.test(head);

const skews = [
  [403, 'InvalidSignatureException'],
  [403, 'SignatureDoesNotMatch'],
  [400, 'RequestExpired'],
  [403, 'RequestTimeTooSkewed'],
] as const;

/** Calls that have no date. */
const noSignature: Fault['but'] = { 'Runtime (JWT)': { why: 'a JWT is no signature' }, Container: none };

const hour = 3_600_000;
/** What AWS's own clock says, in this play. */
const awsNow = () => Date.now() + hour;

/** A server whose clock is an hour ahead, and which takes no signature that is older than five minutes. */
function skewed(status: number, name: string): (scene: Scene) => void {
  return (scene) => {
    const [, day = '', time = ''] = /x-amz-date: *(\d{8})T(\d{6})Z/i.exec(scene.head) ?? [];
    const signed = Date.parse(
      `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
    );
    if (Math.abs(awsNow() - signed) < 300_000) answerWhole(scene);
    else refuse(scene, status, name, { date: new Date(awsNow()).toUTCString() });
  };
}

/** Who asks cannot be said, or is not believed. */
export const credentials: readonly Fault[] = [
  {
    name: 'Credentials: the provider throws',
    parameters: given(() => {
      throw new Error('OPENSESAME');
    }),
    becomes: AuthenticationError,
    but: { Container: none },
  },
  {
    name: 'Credentials: the provider rejects',
    parameters: given(() => Promise.reject(new Error('OPENSESAME'))),
    becomes: AuthenticationError,
    but: { Container: none },
  },
  {
    name: 'Credentials: the provider hangs',
    isQuiet: true,
    parameters: (service) => ({ ...given(() => new Promise(() => undefined))(service), ...timedOut() }),
    becomes: Timeout,
    but: { Container: none },
  },
  {
    name: 'Credentials: the provider throws once, and then has them',
    parameters: (service) => {
      let count = 0;
      return given((key) => {
        if (count++ === 0) throw new Error('OPENSESAME');
        return key;
      })(service);
    },
    play: answerWhole,
    before: AuthenticationError,
    becomes: 'an answer',
    but: { Container: none },
  },
  {
    name: 'Credentials: they expire in mid-session, and the provider has fresh ones',
    parameters: renewed,
    play: (scene) => (isOld(scene) ? refuse(scene, 403, 'ExpiredTokenException') : answerWhole(scene)),
    before: AuthenticationError,
    becomes: 'an answer',
    but: { Container: none },
  },
  {
    name: 'Credentials: they expire and stay so',
    play: (scene) => refuse(scene, 403, 'ExpiredTokenException'),
    becomes: AuthenticationError,
    but: { Container: none },
  },
  ...skews.map(([status, name]): Fault => ({
    name: `The clock is an hour behind (${name})`,
    play: skewed(status, name),
    before: AuthenticationError,
    becomes: 'an answer',
    but: noSignature,
  })),
  {
    name: 'The clock is an hour behind, and the call may be repeated (`num_retries: 1`)',
    parameters: () => ({ num_retries: 1 }),
    play: skewed(403, 'InvalidSignatureException'),
    becomes: 'an answer',
    but: noSignature,
  },
];
