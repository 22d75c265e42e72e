/** Which nodes a DaemonSet's pods belong on, and what such a pod looks like (pkg/controller/daemon, 1.36). */

import type { DaemonSet, Node, Pod, PodTemplateSpec, Taint, Toleration } from '../kinds/generated/types.ts';
import { admitsNode } from './common/node-affinity.ts';
import { podFromTemplate } from './common/pods.ts';
import { POD_REVISION_LABEL } from './common/revisions.ts';
import { findToleration } from './common/taints.ts';

/** Annotation of a DaemonSet and label of its pods: the generation of the template. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';
const GENERATION_LABEL = 'pod-template-generation';

const toleration = (key: string, effect: string): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
});

const daemonTolerations: readonly Toleration[] = [
  toleration('not-ready', 'NoExecute'),
  toleration('unreachable', 'NoExecute'),
  toleration('disk-pressure', 'NoSchedule'),
  toleration('memory-pressure', 'NoSchedule'),
  toleration('pid-pressure', 'NoSchedule'),
  toleration('unschedulable', 'NoSchedule'),
];

const sameToleration = (a: Toleration, b: Toleration): boolean =>
  a.key === b.key &&
  a.effect === b.effect &&
  (a.operator ?? 'Equal') === b.operator &&
  (a.value ?? '') === (b.value ?? '');

const withTolerations = (own: readonly Toleration[], added: readonly Toleration[]): readonly Toleration[] => [
  ...own.map((it) => added.find((extra) => sameToleration(it, extra)) ?? it),
  ...added.filter((extra) => !own.some((it) => sameToleration(it, extra))),
];

const tolerationsOf = (template: PodTemplateSpec | undefined): readonly Toleration[] => {
  const extra = template?.spec?.hostNetwork === true ? [toleration('network-unavailable', 'NoSchedule')] : [];
  return withTolerations(template?.spec?.tolerations ?? [], [...daemonTolerations, ...extra]);
};

/** The pod for one node: bound to it by affinity, so that the scheduler places it. */
export const makeDaemonPod = (set: DaemonSet, nodeName: string, hash: string): Pod => {
  const base = podFromTemplate(set.spec?.template, set);
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  const affinity = base.spec?.affinity;
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] };
  return {
    ...base,
    metadata: {
      ...base.metadata,
      labels: {
        ...base.metadata.labels,
        ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
        [POD_REVISION_LABEL]: hash,
      },
    },
    spec: {
      ...base.spec,
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
        },
      },
      tolerations: tolerationsOf(set.spec?.template),
    } as Pod['spec'] & object,
  };
};

/** Whether the set wants a pod on a node, and whether one that is there may stay. */
export interface Eligibility {
  readonly run: boolean;
  readonly stay: boolean;
}

/** Judges a node by node name, selector, affinity and taints. */
export const judgeNode = (set: DaemonSet, node: Node): Eligibility => {
  const template = set.spec?.template;
  const nodeName = template?.spec?.nodeName ?? '';
  if (nodeName !== '' && nodeName !== node.metadata.name) return { run: false, stay: false };
  if (!admitsNode({ spec: template?.spec } as Pod, node)) return { run: false, stay: false };
  const tolerations = tolerationsOf(template);
  const untolerated = (effects: readonly string[]): boolean =>
    (node.spec?.taints ?? []).some(
      (taint: Taint) => effects.includes(taint.effect) && findToleration(tolerations, taint) === undefined,
    );
  if (untolerated(['NoSchedule', 'NoExecute'])) return { run: false, stay: !untolerated(['NoExecute']) };
  return { run: true, stay: true };
};

/** The node a daemon pod is on or meant for; '' when unknown. */
export const targetNode = (pod: Pod): string => {
  const bound = pod.spec?.nodeName ?? '';
  if (bound !== '') return bound;
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const term of terms) {
    for (const field of term.matchFields ?? []) {
      if (field.key === 'metadata.name' && field.operator === 'In') return field.values?.[0] ?? '';
    }
  }
  return '';
};

/** Whether the pod was made from the present template. */
export const isUpdated = (set: DaemonSet, pod: Pod, hash: string): boolean => {
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  const label = pod.metadata.labels?.[GENERATION_LABEL];
  const byGeneration = generation !== undefined && label === generation;
  return byGeneration || (hash !== '' && pod.metadata.labels?.[POD_REVISION_LABEL] === hash);
};
