import { printTime } from '../machinery/time.ts';
import { clusterUrl } from '../platform/clusters.ts';
import type { Environment } from '../platform/environments.ts';
import type { TemplatePersona } from '../platform/templates/schema.ts';
import type { AnyCall } from './control/route.ts';
import { makeKubeconfig } from './make-kubeconfig.ts';

const LONGEST_SECONDS = 30 * 24 * 3600;
/** Service-account tokens live at least this long, as upstream has it. */
const SHORTEST_SECONDS = 600;

/** A kubeconfig for a persona, good until its environment ends. */
export const personaKubeconfig = (
  { env, directory, now }: Pick<AnyCall, 'env' | 'directory' | 'now'>,
  environment: Environment,
  persona: TemplatePersona,
): Promise<string> => {
  const { id, clusterId, createdAt, expiresAt } = environment;
  const left = expiresAt === null ? LONGEST_SECONDS : Math.ceil((expiresAt - now) / 1000);
  const cluster = {
    id: clusterId,
    name: id,
    server: clusterUrl(directory.publicUrl, clusterId),
    phase: 'Running',
    createdAt: printTime(createdAt),
    expiresAt: expiresAt === null ? null : printTime(expiresAt),
  };
  const { user, groups, serviceAccount, namespace } = persona;
  return makeKubeconfig(
    env,
    cluster,
    {
      name: `persona-${persona.name}`,
      ...(serviceAccount === undefined ? { user, groups: groups ?? [] } : { serviceAccount }),
      ...(namespace === undefined ? {} : { namespace }),
      ttlSeconds: Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, left)),
    },
    now,
  );
};
