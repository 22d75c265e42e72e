import type { Pod, PodSpec, RuntimeClass, Toleration } from '../../kinds/generated/types.ts';
import { cloneJson, deepEqual } from '../../machinery/deep.ts';
import { compareQuantity, quantityOf } from '../../machinery/quantity.ts';
import { type AdmissionPlugin, type PluginContext, readDraft, refuse } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';

type Quantities = Readonly<Record<string, string>> | undefined;

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

const findClass = (
  request: AdmissionRequest,
  { lookup }: PluginContext,
  spec: PodSpec,
): RuntimeClass | undefined => {
  const name = spec.runtimeClassName;
  if (name === undefined) return undefined;
  const found = lookup.get('runtimeclasses.node.k8s.io', '', name);
  if (found === undefined)
    throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return found;
};

const isEmpty = (quantities: Quantities): boolean => Object.keys(quantities ?? {}).length === 0;

const sameQuantities = (one: Quantities, other: Quantities): boolean => {
  const keys = Object.keys(one ?? {});
  return (
    keys.length === Object.keys(other ?? {}).length &&
    keys.every(
      (key) =>
        other?.[key] !== undefined && compareQuantity(quantityOf(one?.[key]), quantityOf(other[key])) === 0,
    )
  );
};

/** Whether `wide` tolerates everything `narrow` does (pkg/util/tolerations). */
const isSuperset = (wide: Toleration, narrow: Toleration): boolean => {
  if (deepEqual(wide, narrow)) return true;
  if (narrow.key !== wide.key && (wide.key || wide.operator !== 'Exists')) return false;
  if (narrow.effect !== wide.effect && wide.effect) return false;
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds)
      return false;
  }
  if (wide.operator === 'Exists') return true;
  return (narrow.operator ?? 'Equal') === 'Equal' && (narrow.value ?? '') === (wide.value ?? '');
};

/** Both lists in order, without tolerations that another one covers. */
const mergeTolerations = (first: readonly Toleration[], second: readonly Toleration[]): Toleration[] => {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  all.forEach((toleration, index) => {
    if (merged.some((kept) => isSuperset(kept, toleration))) return;
    const later = all.slice(index + 1);
    if (later.some((other) => !deepEqual(toleration, other) && isSuperset(other, toleration))) return;
    merged.push(toleration);
  });
  return merged;
};

const withScheduling = (request: AdmissionRequest, spec: PodSpec, found: RuntimeClass): PodSpec => {
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
  for (const key of Object.keys(nodeSelector).sort()) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== nodeSelector[key]) {
      throw refuse(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${nodeSelector[key]}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
  }
  const merged = mergeTolerations(spec.tolerations ?? [], cloneJson(tolerations));
  return {
    ...spec,
    ...(isEmpty(nodeSelector) ? {} : { nodeSelector: { ...spec.nodeSelector, ...nodeSelector } }),
    ...(merged.length === 0 ? {} : { tolerations: merged }),
  };
};

/** Gives a pod the overhead and the scheduling of its runtime class (plugin/pkg/admission/runtimeclass). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  operations: ['CREATE'],
  resources: ['pods'],
  mutate: (request, context) => {
    const draft = request.object;
    const spec = readDraft<Pod>(draft).spec;
    if (draft === undefined || spec === undefined) return;
    const found = findClass(request, context, spec);
    if (found === undefined) return;
    const overhead = found.overhead?.podFixed;
    if (
      found.overhead !== undefined &&
      spec.overhead !== undefined &&
      !sameQuantities(overhead, spec.overhead)
    ) {
      throw refuse(request, MISMATCH);
    }
    const withOverhead = isEmpty(overhead) ? spec : { ...spec, overhead: cloneJson(overhead) };
    draft['spec'] =
      found.scheduling === undefined ? withOverhead : withScheduling(request, withOverhead as PodSpec, found);
  },
  validate: (request, context) => {
    const spec = readDraft<Pod>(request.object).spec;
    if (spec === undefined) return;
    const found = findClass(request, context, spec);
    if (found?.overhead !== undefined) {
      if (!sameQuantities(found.overhead.podFixed, spec.overhead)) throw refuse(request, MISMATCH);
    } else if (spec.overhead !== undefined) {
      throw refuse(
        request,
        'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      );
    }
  },
};
