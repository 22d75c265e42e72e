import type { Reader } from '../store/reader.ts';

const PREFIX = 'rbac.authorization.k8s.io/';

/**
 * A counter that grows whenever an RBAC object may have changed: the cache key of `makeAuthorizer`. It looks at
 * the log only since the last call, so that writes of other kinds do not cost a rebuild. A rolled-back write
 * (the revision went down) and a compacted log count as changes.
 */
export const makeRbacRevision = (reader: Reader): (() => number) => {
  let seen = -1;
  let version = 0;
  return () => {
    const current = reader.revision();
    if (current === seen) return version;
    const unknown = current < seen || seen < reader.floor();
    if (unknown || reader.changes(seen, { prefix: PREFIX, limit: 1, isLazy: true }).length > 0) version += 1;
    seen = current;
    return version;
  };
};
