/** `/metrics` in Prometheus text: what can be told from the store alone, as nothing is counted in memory. */

import { keyPrefix, resourceName } from '../machinery/names.ts';
import type { ApiDeps } from './dependencies.ts';

const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

/** The exposition text. */
export const printMetrics = (deps: ApiDeps): string => {
  const lines = [
    '# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check split by kind.',
    '# TYPE apiserver_storage_objects gauge',
  ];
  for (const kind of deps.catalog.all()) {
    if (kind.virtual === true || (kind.storageGroup ?? kind.group) !== kind.group) continue;
    const count = deps.store.count(keyPrefix(kind.group, kind.resource));
    lines.push(
      `apiserver_storage_objects{resource="${quoted(resourceName(kind.group, kind.resource))}"} ${count}`,
    );
  }
  lines.push(
    '# HELP kubernetes_build_info [ALPHA] A metric with a constant 1 value labeled by major, minor and git version from which Kubernetes was built.',
    '# TYPE kubernetes_build_info gauge',
    `kubernetes_build_info{git_version="${quoted(deps.version?.gitVersion ?? 'v1.36.0')}",major="1",minor="36",platform="linux/amd64"} 1`,
    '# HELP etcd_server_revision Revision of the store.',
    '# TYPE etcd_server_revision gauge',
    `etcd_server_revision ${deps.store.revision()}`,
  );
  return `${lines.join('\n')}\n`;
};
