import { utf8Length } from '../../machinery/deep.ts';
import { type AdmissionPlugin, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';
import type { Room } from '../room.ts';

/** The name refusals give, as if it were a quota of the cluster. */
const QUOTA = 'kubicle-plan';
/** No write is larger than this, so that much room is enough for any. */
const LARGEST_WRITE = 2 * 1024 * 1024;
/**
 * The control plane may go this much over what users may, and never further: a full cluster can still record why
 * nothing works, keep statuses true and finish deletions.
 */
const RESERVE = 1.125;
const SYSTEM = 'system:';

const exceeded = (request: AdmissionRequest, what: string, asked: number, used: number, limit: number) =>
  refuse(
    request,
    `exceeded quota: ${QUOTA}, requested: ${what}=${asked}, used: ${what}=${used}, limited: ${what}=${limit}`,
  );

const ceiling = (request: AdmissionRequest, limit: number): number =>
  request.identity.username.startsWith(SYSTEM) ? Math.floor(limit * RESERVE) : limit;

/** Pods and nodes cost more than their bytes, so they are counted apart, and nobody goes over. */
const checkKind = (request: AdmissionRequest, room: Room): void => {
  if (request.kind.group !== '') return;
  const { resource } = request.kind;
  if (resource !== 'pods' && resource !== 'nodes') return;
  const limit = room.limits[resource];
  if (limit === undefined) return;
  const used = room.count(resource);
  if (used >= limit) throw exceeded(request, `count/${resource}`, 1, used, limit);
};

const checkObjects = (request: AdmissionRequest, room: Room): void => {
  const limit = room.limits.objects;
  if (limit === undefined) return;
  const used = room.objects();
  if (used >= ceiling(request, limit)) throw exceeded(request, 'count/objects', 1, used, limit);
};

const sizeOf = (object: unknown): number => (object === undefined ? 0 : utf8Length(JSON.stringify(object)));

/** What makes nothing larger always passes: that is the way out of a full cluster, besides deleting. */
const checkBytes = (request: AdmissionRequest, room: Room): void => {
  const limit = room.limits.bytes;
  if (limit === undefined || room.isBelow(limit - LARGEST_WRITE)) return;
  const grows = sizeOf(request.object) - sizeOf(request.old);
  if (grows <= 0) return;
  const used = room.bytes();
  if (used + grows > ceiling(request, limit)) throw exceeded(request, 'bytes', grows, used, limit);
};

/**
 * Holds a cluster to its plan: objects, pods, nodes and bytes. The refusal reads as a quota's, which clients and
 * controllers know. Deletions do not pass here.
 */
export const clusterLimits: AdmissionPlugin = {
  name: 'ClusterLimits',
  operations: ['CREATE', 'UPDATE'],
  resources: ['*'],
  validate: (request, { room }) => {
    if (room === undefined || request.kind.virtual === true) return;
    if (request.operation === 'CREATE' && !request.subresource) {
      checkKind(request, room);
      checkObjects(request, room);
    }
    if (request.operation === 'UPDATE' || !request.subresource) checkBytes(request, room);
  },
};
