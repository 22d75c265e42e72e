import type { Lookup } from '../../kinds/define.ts';
import type { Pod, PriorityClass } from '../../kinds/generated/types.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

const DEFAULT_POLICY = 'PreemptLowerPriority';

/** The global default class: the one of lowest value when several claim it. */
const defaultClass = (lookup: Lookup): PriorityClass | undefined =>
  lookup
    .list('priorityclasses.scheduling.k8s.io')
    .filter((entry) => entry.globalDefault === true)
    .reduce<PriorityClass | undefined>(
      (best, entry) => (best === undefined || (entry.value ?? 0) < (best.value ?? 0) ? entry : best),
      undefined,
    );

const classOf = (
  request: AdmissionRequest,
  lookup: Lookup,
  name: string | undefined,
): PriorityClass | undefined => {
  if (!name) return defaultClass(lookup);
  const found = lookup.get('priorityclasses.scheduling.k8s.io', '', name);
  if (found === undefined) throw refuse(request, `no PriorityClass with name ${name} was found`);
  return found;
};

const COMPUTED = 'must not be provided in pod spec; priority admission controller computed';

const admitPod = (request: AdmissionRequest, { lookup }: PluginContext): void => {
  const draft = request.object;
  const spec = readDraft<Pod>(draft).spec;
  if (draft === undefined || spec === undefined) return;
  if (request.operation === 'UPDATE') {
    const before = (request.old as Pod | undefined)?.spec;
    const priority = spec.priority ?? before?.priority;
    const preemptionPolicy = spec.preemptionPolicy ?? before?.preemptionPolicy;
    draft['spec'] = {
      ...spec,
      ...(priority === undefined ? {} : { priority }),
      ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
    };
    return;
  }
  const found = classOf(request, lookup, spec.priorityClassName);
  const priority = found?.value ?? 0;
  const policy = found === undefined ? DEFAULT_POLICY : found.preemptionPolicy;
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refuse(
      request,
      `the integer value of priority (${spec.priority}) ${COMPUTED} ${priority} from the given PriorityClass name`,
    );
  }
  if (policy !== undefined && spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) ${COMPUTED} ${policy} from the given PriorityClass name`,
    );
  }
  draft['spec'] = {
    ...spec,
    ...(found?.metadata.name === undefined ? {} : { priorityClassName: found.metadata.name }),
    priority,
    ...(policy === undefined ? {} : { preemptionPolicy: policy }),
  };
};

/** Resolves a pod's priority class; allows one global default class (plugin/pkg/admission/priority). */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'priorityclasses.scheduling.k8s.io'],
  mutate: (request, context) => {
    if (request.kind.resource === 'pods') admitPod(request, context);
  },
  validate: (request, { lookup }) => {
    if (request.kind.resource !== 'priorityclasses') return;
    const wanted = readDraft<PriorityClass>(request.object);
    if (wanted.globalDefault !== true) return;
    const current = defaultClass(lookup)?.metadata.name;
    if (current === undefined) return;
    if (request.operation === 'UPDATE' && current === wanted.metadata.name) return;
    throw refuse(
      request,
      `PriorityClass ${current} is already marked as default. Only one default can exist`,
    );
  },
};
