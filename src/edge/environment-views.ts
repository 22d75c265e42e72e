import { printTime } from '../machinery/time.ts';
import { clusterUrl } from '../platform/clusters.ts';
import type { Environment, OpenEnvironment } from '../platform/environments.ts';
import { inLanguage, type Language, personaView, taskView } from '../platform/templates/views.ts';

/** An environment in lists. What is past its end reads `Expired` at once. */
export const lineView = (row: Environment, now: number) => ({
  id: row.id,
  clusterId: row.clusterId,
  template: row.template,
  version: row.version,
  seed: row.seed,
  learnerRef: row.learnerRef,
  learnerAccountId: row.learnerAccountId,
  organisationId: row.organisationId,
  status: row.expiresAt !== null && row.expiresAt <= now ? ('Expired' as const) : row.status,
  paused: row.paused,
  resets: row.resets,
  grade:
    row.gradedAt === null || row.score === null
      ? null
      : { score: row.score, max: row.maximum, passed: row.passed, gradedAt: printTime(row.gradedAt) },
  createdAt: printTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : printTime(row.expiresAt),
});

/** An environment in full: tasks and personas in a language. */
export const openView = (
  publicUrl: string,
  { environment, template }: OpenEnvironment,
  language: Language,
  now: number,
) => ({
  ...lineView(environment, now),
  title: inLanguage(template.title, language),
  server: clusterUrl(publicUrl, environment.clusterId),
  personas: template.personas
    .filter(({ hidden }) => hidden !== true)
    .map((persona) => ({
      ...personaView(persona, language),
      kubeconfigUrl: `${publicUrl}/v1/environments/${environment.id}/kubeconfigs/${persona.name}`,
    })),
  tasks: template.tasks.map((task) => taskView(task, language)),
});
