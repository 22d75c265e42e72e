import type { ClusterLease } from './rpc.ts';

const KEY = 'lease';

/** The lease with the name that alarms are not told. */
type NamedLease = ClusterLease & { readonly clusterId?: string };

/** How long the object may live: an entry beside the cluster's data. Instants are wall milliseconds. */
export class StoredLease {
  readonly #storage: DurableObjectStorage;
  #kept: NamedLease | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#kept = storage.kv.get<NamedLease>(KEY);
  }

  /** Whether there is one. Without a lease there is no cluster. */
  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  get clusterId(): string | undefined {
    return this.#kept?.clusterId;
  }

  /** When it ends; `undefined`: never. */
  get expiresAt(): number | undefined {
    return this.#kept?.expiresAt;
  }

  /** Whether its end has come. */
  isOver(now: number): boolean {
    return this.expiresAt !== undefined && this.expiresAt <= now;
  }

  /** The cluster's first lease. */
  keep(lease: ClusterLease, clusterId: string | undefined): void {
    const named = { ...lease, ...(clusterId === undefined ? {} : { clusterId }) };
    this.#storage.kv.put(KEY, named);
    this.#kept = named;
  }

  /** Another lease for the same cluster. */
  renew(lease: ClusterLease): void {
    this.keep(lease, this.clusterId);
  }

  /** Forgets what is in memory, before the object is emptied. */
  forget(): void {
    this.#kept = undefined;
  }
}
