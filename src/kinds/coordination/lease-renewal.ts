import type { KubeObject } from '../../machinery/object.ts';
import { type Instant, parseTime, printMicroTime } from '../../machinery/time.ts';
import type { Lease } from '../generated/types.ts';

/** A kubelet renews its lease this often: a quarter of the lease's 40 s (1.36). */
const RENEWAL_MS = 10_000;

/** The microseconds that mark the renewal time of a simulated kubelet, whose lease renews itself. */
const MARK = '817Z';

/** The renewal time of a simulated node's lease: from this instant on it renews itself. */
export const printRenewal = (at: Instant): string => printMicroTime(at).replace(/000Z$/, MARK);

/** Whether the lease renews itself. */
export const renewsItself = (lease: Lease): boolean => lease.spec?.renewTime?.endsWith(MARK) === true;

/**
 * A simulated node's lease as its kubelet would have renewed it last: a function of time, so that an idle cluster
 * writes nothing.
 */
export const projectRenewal = (object: KubeObject, now: Instant): KubeObject => {
  const lease = object as Lease;
  if (lease.metadata.namespace !== 'kube-node-lease' || !renewsItself(lease)) return object;
  const last = parseTime(lease.spec.renewTime ?? '');
  if (last === undefined || now < last + RENEWAL_MS) return object;
  const rounds = Math.floor((now - last) / RENEWAL_MS);
  const projected: Lease = {
    ...lease,
    spec: { ...lease.spec, renewTime: printRenewal(last + rounds * RENEWAL_MS) },
  };
  return projected;
};
