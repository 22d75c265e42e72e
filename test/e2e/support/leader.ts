import { type CoordinationV1Api, V1MicroTime } from '@kubernetes/client-node';

/** How a candidate stands. */
export interface Candidate {
  readonly id: string;
  /** Milliseconds (performance.now) at which it began to lead; absent while it does not. */
  since(): number | undefined;
  /** Requests that lost against another candidate's. */
  conflicts(): number;
  /** Stops without giving the Lease up, as a crash does. */
  crash(): Promise<void>;
}

interface Observed {
  readonly version: string | undefined;
  readonly at: number;
}

const PERIOD_MS = 100;
/** As client-go has it: who could not renew for the deadline gives up, before anybody else may take over. */
const LEASE_SECONDS = 4;
const RENEW_DEADLINE_MS = 3000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The answer's code; 0 when there was none. */
const codeOf = (error: unknown): number => {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' ? code : 0;
};

/** One round: take the Lease when it is free, ours, or was not renewed for its duration. True when it is ours. */
const attempt = async (
  api: CoordinationV1Api,
  name: string,
  id: string,
  seen: Observed,
): Promise<readonly [ours: boolean, seen: Observed]> => {
  const place = { namespace: 'default', name };
  const now = new V1MicroTime();
  const fresh = { holderIdentity: id, leaseDurationSeconds: LEASE_SECONDS, acquireTime: now, renewTime: now };
  const lease = await api.readNamespacedLease(place).catch((error: unknown) => {
    if (codeOf(error) === 404) return undefined;
    throw error;
  });
  if (lease === undefined) {
    const body = { metadata: { name }, spec: { ...fresh, leaseTransitions: 0 } };
    const made = await api.createNamespacedLease({ namespace: 'default', body });
    return [true, { version: made.metadata?.resourceVersion, at: performance.now() }];
  }
  const version = lease.metadata?.resourceVersion;
  // As client-go: time is counted from when this candidate saw the last change, never read from the Lease.
  const last = version === seen.version ? seen : { version, at: performance.now() };
  const isOurs = lease.spec?.holderIdentity === id;
  if (!isOurs && performance.now() - last.at < LEASE_SECONDS * 1000) return [false, last];
  const transitions = (lease.spec?.leaseTransitions ?? 0) + (isOurs ? 0 : 1);
  const spec = isOurs ? { ...lease.spec, renewTime: now } : { ...fresh, leaseTransitions: transitions };
  const written = await api.replaceNamespacedLease({ ...place, body: { ...lease, spec } });
  return [true, { version: written.metadata?.resourceVersion, at: performance.now() }];
};

/** A candidate for the Lease `default/{name}`, in the manner of client-go's leaderelection. */
export const runCandidate = (api: CoordinationV1Api, name: string, id: string): Candidate => {
  let since: number | undefined;
  let renewed = 0;
  let conflicts = 0;
  let isRunning = true;
  let seen: Observed = { version: undefined, at: performance.now() };
  const run = async (): Promise<void> => {
    while (isRunning) {
      try {
        const asked = performance.now();
        const [ours, next] = await attempt(api, name, id, seen);
        seen = next;
        if (ours) renewed = asked;
        if (!ours) since = undefined;
        else since ??= performance.now();
      } catch (error) {
        // As client-go: what was not renewed is tried again, be it lost to the other candidate or on the way.
        if (codeOf(error) === 409) {
          conflicts += 1;
          since = undefined;
        } else if (codeOf(error) > 0) throw error;
      }
      await pause(PERIOD_MS);
    }
    since = undefined;
  };
  const ended = run();
  return {
    id,
    since: () => (performance.now() - renewed < RENEW_DEADLINE_MS ? since : undefined),
    conflicts: () => conflicts,
    crash: () => {
      isRunning = false;
      return ended;
    },
  };
};
