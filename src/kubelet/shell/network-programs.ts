/** Clients of the network in the model: they work when the name of their server resolves. */

import { type Call, DEAF, type Program } from './call.ts';
import type { Surroundings } from './surroundings.ts';

/** The host a client program is told to talk to: of a URL, or the first word that is not an option. */
const hostOf = (args: readonly string[]): string => {
  const url = args.find((word) => word.includes('://'));
  const plain = url ?? args.find((word) => !word.startsWith('-') && /[a-z]/i.test(word)) ?? '';
  return plain.replace(/^\w+:\/\//, '').replace(/[:/].*$/, '');
};

/** A client of the network: works when the name of its server resolves. */
const client =
  (failure: (host: string, around: Surroundings) => string): Program =>
  ({ args, around, atMs }) => {
    const host = hostOf(args);
    if (host === '' || around.resolves(host, atMs)) return { ms: 10 };
    return { code: 1, ms: 20, out: failure(host, around) };
  };

const nslookup = client((host, { isBusybox }) =>
  isBusybox ? `nslookup: can't resolve '${host}'` : `** server can't find ${host}: NXDOMAIN`,
);

const nc: Program = (call: Call) =>
  call.args.some((word) => /^-\w*l/.test(word))
    ? { endless: DEAF }
    : client((host) => `nc: bad address '${host}'`)(call);

/** Programs by name. */
export const networkPrograms: Readonly<Record<string, Program>> = {
  nslookup,
  dig: nslookup,
  getent: ({ args, around, atMs }) => ({ code: around.resolves(args.at(-1) ?? '', atMs) ? 0 : 2 }),
  host: nslookup,
  ping: client((host) => `ping: bad address '${host}'`),
  wget: client((host) => `wget: bad address '${host}'`),
  curl: (call) => {
    const reply = client((host) => `curl: (6) Could not resolve host: ${host}`)(call);
    return reply.code === 1 ? { ...reply, code: 6 } : reply;
  },
  nc,
  ncat: nc,
  telnet: client((host) => `telnet: bad address '${host}'`),
  pg_isready: client((host) => `${host}:5432 - no response`),
};
