type Headers = Readonly<Record<string, string>>;

/** Longer ones are cut, as upstream cuts them. */
const MAX_AGENT_LENGTH = 1024;
/** Addresses a client may claim to have come through; the rest is left out. */
const MAX_ADDRESSES = 8;

/** The User-Agent as it is recorded; '' when absent. */
export const userAgentOf = (headers: Headers): string => {
  const agent = headers['user-agent'] ?? '';
  return agent.length > MAX_AGENT_LENGTH ? `${agent.slice(0, MAX_AGENT_LENGTH)}...TRUNCATED` : agent;
};

const ADDRESS = /^[0-9a-fA-F:.]{2,45}$/;

const split = (claimed: string, real: string, remote: string): readonly string[] => {
  const hops = claimed
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => ADDRESS.test(hop))
    .slice(0, MAX_ADDRESSES);
  if (ADDRESS.test(real) && !hops.includes(real)) hops.push(real);
  if (ADDRESS.test(remote) && hops.at(-1) !== remote) hops.push(remote);
  return hops;
};

/**
 * Where a request came from, as upstream lists it: what proxies claim, first to last, then the address the front saw
 * itself (apimachinery/util/net SourceIPs). Only the last one can be relied on. `undefined` when nothing is known.
 */
export const sourcesOf = (headers: Headers): readonly string[] | undefined => {
  const claimed = headers['x-forwarded-for'] ?? '';
  const real = headers['x-real-ip'] ?? '';
  const remote = headers['cf-connecting-ip'] ?? '';
  if (claimed === '' && real === '' && remote === '') return undefined;
  if (claimed === '' && real === '') return ADDRESS.test(remote) ? [remote] : undefined;
  const found = split(claimed, real, remote);
  return found.length === 0 ? undefined : found;
};
