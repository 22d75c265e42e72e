import type { Instant } from '../machinery/time.ts';

/** What decides whether the object must wake by itself. Instants are wall time. */
export interface ArmingInput {
  /** The next due work of the cluster, if any. */
  readonly nextDue: Instant | undefined;
  /** Somebody is subscribed: they would notice work that is late. */
  readonly observed: boolean;
  /** The earliest thing with an effect outside the cluster (expiry, webhook), due whoever looks. */
  readonly outsideDue: Instant | undefined;
}

/**
 * When the platform alarm must ring; `undefined` means never. Nobody can tell whether an unobserved cluster ran
 * on time or caught up later, so without an observer only outside effects arm it.
 */
export const alarmInstant = (input: ArmingInput): Instant | undefined => {
  const inside = input.observed ? input.nextDue : undefined;
  if (inside === undefined) return input.outsideDue;
  return input.outsideDue === undefined ? inside : Math.min(inside, input.outsideDue);
};
