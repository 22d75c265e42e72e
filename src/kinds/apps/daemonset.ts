import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import {
  ageColumn,
  column,
  nameColumn,
  printLabels,
  selectorColumn,
  templateColumns,
} from '../common/columns.ts';
import {
  child,
  descend,
  ensure,
  fieldsOf,
  sameValue,
  setAbsent,
  setAbsents,
  setZero,
  text,
} from '../common/draft.ts';
import { noStatusDefaults, withStatus } from '../common/strategy.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { workloadWarnings } from '../core/pod-warnings.ts';
import type { DaemonSet, DaemonSetStatus } from '../generated/types.ts';
import {
  validateDaemonSet,
  validateDaemonSetStatus,
  validateDaemonSetUpdate,
} from './daemonset-validation.ts';

/** The template's generation: a field of old versions of the API that lives on as an annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  const strategy = ensure(spec, 'updateStrategy');
  setZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    setAbsents(ensure(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 });
  }
  setAbsent(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(child(spec, 'template'));
};

const templateGeneration = (draft: Draft): number => {
  const annotation = text(descend(draft, 'metadata', 'annotations'), TEMPLATE_GENERATION);
  return /^\d+$/.test(annotation) ? Number(annotation) : 0;
};

const annotate = (draft: Draft, generation: number): void => {
  ensure(ensure(draft, 'metadata'), 'annotations')[TEMPLATE_GENERATION] = String(generation);
};

const countTemplate = (draft: Draft, old: KubeObject): void => {
  const before = fieldsOf(old);
  const changed = !sameValue(descend(draft, 'spec', 'template'), descend(before, 'spec', 'template'));
  annotate(draft, templateGeneration(before) + (changed ? 1 : 0));
};

const count = (name: string, field: keyof DaemonSetStatus) =>
  column<DaemonSet>(name, 'integer', (object) => Number(object.status?.[field] ?? 0));

export const daemonSet = builtin({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  generationFields: ['spec'],
  defaults,
  statusDefaults: noStatusDefaults,
  ...withStatus({
    create: (draft) => annotate(draft, Math.max(1, templateGeneration(draft))),
    update: countTemplate,
  }),
  warnings: (object, old) =>
    workloadWarnings(object, old).filter((text) => !text.startsWith('metadata.name:')),
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  validateStatusUpdate: validateDaemonSetStatus,
  columns: [
    nameColumn,
    count('Desired', 'desiredNumberScheduled'),
    count('Current', 'currentNumberScheduled'),
    count('Ready', 'numberReady'),
    count('Up-to-date', 'updatedNumberScheduled'),
    count('Available', 'numberAvailable'),
    column<DaemonSet>('Node Selector', 'string', (object) =>
      printLabels(object.spec?.template?.spec?.nodeSelector),
    ),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
});
