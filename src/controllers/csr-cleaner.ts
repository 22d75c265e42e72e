import type { CertificateSigningRequest } from '../kinds/generated/types.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { type Controller, watch } from './contract.ts';

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';
const HANDLED_MS = 3_600_000;
const PENDING_MS = 24 * 3_600_000;

/** When a request has been kept long enough; an approved one waits for its certificate as long as it takes. */
const expiryOf = ({ metadata, status }: CertificateSigningRequest): Instant | undefined => {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) {
    const created = parseTime(metadata.creationTimestamp ?? '');
    return created === undefined ? undefined : created + PENDING_MS;
  }
  const ends = conditions
    .filter(
      ({ type }) => type === 'Denied' || type === 'Failed' || (type === 'Approved' && status?.certificate),
    )
    .flatMap(({ lastUpdateTime }) => parseTime(lastUpdateTime ?? '') ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends) + HANDLED_MS;
};

/** Removes requests that were handled an hour ago or ignored for a day (pkg/controller/certificates/cleaner). */
export const csrCleaner: Controller = {
  name: 'certificatesigningrequest-cleaner-controller',
  watches: [watch(RESOURCE, ({ op, object }) => (op === 'delete' ? [] : [object.metadata.name ?? '']))],
  reconcile: ({ lookup, client, now }, name) => {
    const request = lookup.get(RESOURCE, '', name);
    const expiry = request === undefined ? undefined : expiryOf(request);
    if (expiry === undefined) return undefined;
    if (expiry > now) return { at: expiry };
    client.delete(RESOURCE, '', name);
    return undefined;
  },
};
