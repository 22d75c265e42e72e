/** Sets of completion indexes, written as `1,3-5,7` (pkg/controller/job/indexed_job_utils.go, 1.36). */

import type { Job, Pod } from '../kinds/generated/types.ts';

/** Annotation and label of a pod with its index. */
export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Reads a set; indexes from `completions` on are dropped, unreadable parts too. */
export const parseIndexes = (text: string | undefined, completions: number): Set<number> => {
  const result = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(part.trim());
    if (match === null) continue;
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1);
    for (let index = Number(match[1]); index <= last; index += 1) result.add(index);
  }
  return result;
};

/** Writes a set: runs of three or more as `a-b`, a run of two too, as upstream does. */
export const printIndexes = (indexes: ReadonlySet<number>): string => {
  const sorted = [...indexes].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const index of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`))
    .join(',');
};

/** The pod's index; -1 when it has none. */
export const indexOf = (pod: Pod): number => {
  const text = pod.metadata.annotations?.[INDEX_ANNOTATION];
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : -1;
};

/** Whether the Job gives each pod an index. */
export const isIndexed = (job: Job): boolean => job.spec?.completionMode === 'Indexed';

const counter = (pod: Pod, annotation: string): number =>
  Number(pod.metadata.annotations?.[annotation] ?? '0') || 0;

/** Failures of the pod's index before this pod, as far as they count. */
export const failuresBefore = (pod: Pod): number => counter(pod, FAILURES);

/** All failures of the pod's index before this pod. */
export const allFailuresBefore = (pod: Pod): number =>
  counter(pod, FAILURES) + counter(pod, IGNORED_FAILURES);

/** Failure annotations for the pod that replaces one; `counts` says whether the failure counts. */
export const failureAnnotations = (
  replaced: Pod | undefined,
  counts: boolean,
): Readonly<Record<string, string>> => {
  if (replaced === undefined) return { [FAILURES]: '0' };
  const ignored = counter(replaced, IGNORED_FAILURES) + (counts ? 0 : 1);
  return {
    [FAILURES]: String(failuresBefore(replaced) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [IGNORED_FAILURES]: String(ignored) } : {}),
  };
};

/** The message of the first success rule that is met. */
export const matchSuccessPolicy = (job: Job, succeeded: ReadonlySet<number>): string | undefined => {
  const completions = job.spec?.completions ?? 0;
  for (const [number, rule] of (job.spec?.successPolicy?.rules ?? []).entries()) {
    const { succeededIndexes, succeededCount } = rule;
    const required = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, completions);
    const hits =
      required === undefined ? succeeded.size : [...required].filter((it) => succeeded.has(it)).length;
    const goal = succeededCount ?? required?.size;
    if (goal !== undefined && hits >= goal && (required === undefined || required.size > 0)) {
      return `Matched rules at index ${number}`;
    }
  }
  return undefined;
};
