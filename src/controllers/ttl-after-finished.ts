import type { Job } from '../kinds/generated/types.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { type Controller, keyOf, splitKey, watch } from './contract.ts';

const RESOURCE = 'jobs.batch';

/** When a finished Job has had its time; `undefined` for one that stays. */
const expiryOf = (job: Job | undefined): Instant | undefined => {
  const ttl = job?.spec?.ttlSecondsAfterFinished;
  if (job === undefined || ttl === undefined || job.metadata.deletionTimestamp !== undefined)
    return undefined;
  const end = job.status?.conditions?.find(
    (condition) =>
      (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  );
  const at = parseTime(end?.lastTransitionTime ?? '');
  return at === undefined ? undefined : at + ttl * 1000;
};

/** Deletes finished Jobs after `ttlSecondsAfterFinished`, dependents first (pkg/controller/ttlafterfinished). */
export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  watches: [
    watch(RESOURCE, ({ op, object, previous }) =>
      op !== 'delete' && expiryOf(object) !== undefined && expiryOf(object) !== expiryOf(previous)
        ? [keyOf(object)]
        : [],
    ),
  ],
  reconcile: ({ lookup, client, now }, key) => {
    const { namespace, name } = splitKey(key);
    const job = lookup.get(RESOURCE, namespace, name);
    const at = expiryOf(job);
    if (job === undefined || at === undefined) return undefined;
    if (at > now) return { at };
    const uid = job.metadata.uid;
    client.delete(RESOURCE, namespace, name, {
      propagationPolicy: 'Foreground',
      ...(uid === undefined ? {} : { uid }),
    });
    return undefined;
  },
};
