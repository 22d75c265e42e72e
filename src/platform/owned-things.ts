import { type ClusterDirectory, clusterIdsOf, destroyCluster, handOverClusters } from './clusters.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { destroyEnvironmentsOf, handOverEnvironments } from './environments.ts';
import type { Owner } from './ownership.ts';
import { deleteTemplatesOf, handOverTemplates } from './templates/store.ts';

/** A kind of thing that accounts and organisations own, as far as leaving is concerned. */
interface OwnedThing {
  readonly what: string;
  /** Deletes all of this owner's. Safe to repeat. */
  readonly removeAll: (directory: ClusterDirectory, owner: Owner, now: number) => Promise<void>;
  /** An organisation's things that a leaving account made become another member's to count. */
  readonly handOver: (
    db: PlatformDatabase,
    organisationId: string,
    from: string,
    to: string,
  ) => Promise<void>;
}

/** How many objects are destroyed at a time. */
const AT_ONCE = 10;

const ownedClusters: OwnedThing = {
  what: 'clusters',
  removeAll: async (directory, owner) => {
    const ids = await clusterIdsOf(directory.db, owner);
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      await Promise.all(ids.slice(start, start + AT_ONCE).map((id) => destroyCluster(directory, id)));
    }
  },
  handOver: handOverClusters,
};

const ownedEnvironments: OwnedThing = {
  what: 'environments',
  removeAll: destroyEnvironmentsOf,
  handOver: handOverEnvironments,
};

const ownedTemplates: OwnedThing = {
  what: 'templates',
  removeAll: ({ db }, owner) => deleteTemplatesOf(db, owner),
  handOver: handOverTemplates,
};

const ownedWebhooks: OwnedThing = {
  what: 'webhooks',
  removeAll: (directory, owner) => directory.courier(owner).destroy(),
  handOver: async () => undefined,
};

/** Everything that goes when its owner goes, in this order. Environments take their clusters with them. */
export const OWNED_THINGS: readonly OwnedThing[] = [
  ownedWebhooks,
  ownedEnvironments,
  ownedTemplates,
  ownedClusters,
];
