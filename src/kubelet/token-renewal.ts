import type { Instant } from '../machinery/time.ts';

/** A kubelet asks for a new token when this share of its life is over, or after a day (pkg/kubelet/token, 1.36). */
const SHARE = 0.8;
const LONGEST_MS = 24 * 3_600_000;

/**
 * When the token that lies in a volume at an instant was asked for: at the start of the pod, and anew each time most of
 * its life was over. Upstream looks at its volumes once a minute or so; here it is exact.
 */
export const renewedAt = (startedAt: Instant, expirationSeconds: number, at: Instant): Instant => {
  const period = Math.min(SHARE * expirationSeconds * 1000, LONGEST_MS);
  const periods = Math.max(0, Math.floor((at - startedAt) / period));
  return startedAt + periods * period;
};
