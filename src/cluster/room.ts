import type { Room } from '../admission/room.ts';
import type { ClusterLimits } from '../machinery/cluster-limits.ts';
import { keyPrefix } from '../machinery/names.ts';
import type { Store } from '../store/store.ts';
import type { ClusterUsage } from './contract.ts';
import { readLimits, writeLimits } from './settings.ts';

/** The limits of the stored cluster: one copy, for admission and for whoever asks. */
export interface ClusterRoom extends Room {
  /** Puts other limits in force. What is above them already stays. */
  setLimits(limits: ClusterLimits): void;
  usage(): ClusterUsage;
}

/** What the cluster holds, beside what it may hold. */
export const makeRoom = (store: Store): ClusterRoom => {
  let limits = readLimits(store.meta);
  const count = (resource: string): number => store.count(keyPrefix('', resource));
  return {
    get limits() {
      return limits;
    },
    objects: () => store.size.objects(),
    count,
    isBelow: (bytes) => store.size.isBelow(bytes),
    bytes: () => store.size.bytes(),
    setLimits: (next) => {
      store.transaction(() => writeLimits(store.meta, next));
      limits = next;
    },
    usage: () => ({
      objects: store.size.objects(),
      pods: count('pods'),
      nodes: count('nodes'),
      bytes: store.size.bytes(),
      storageBytes: store.bytes(),
      revision: store.revision(),
      oldestRevision: store.floor(),
    }),
  };
};
