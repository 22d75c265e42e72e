import type { CertificateSigningRequest } from '../kinds/generated/types.ts';
import { bytesOfBase64 } from '../machinery/base64.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { parseCertificate } from '../machinery/x509/certificate.ts';
import { readPemBlock } from '../machinery/x509/pem.ts';
import { type Controller, watch } from './contract.ts';

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';
const HANDLED_MS = 3_600_000;
const PENDING_MS = 24 * 3_600_000;

/** When an issued certificate ends; `undefined` when there is none that can be read. */
const certificateEnd = (encoded: string | undefined): Instant | undefined => {
  const [block] = readPemBlock(new TextDecoder().decode(bytesOfBase64(encoded ?? ''))) ?? [];
  const read = block && parseCertificate(block.bytes);
  return read?.ok ? read.value.notAfter : undefined;
};

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
  if (ends.length === 0) return undefined;
  return Math.min(...ends.map((end) => end + HANDLED_MS), certificateEnd(status?.certificate) ?? Infinity);
};

/** Removes requests that were handled an hour ago, ignored for a day, or whose certificate has ended (pkg/controller/certificates/cleaner). */
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
