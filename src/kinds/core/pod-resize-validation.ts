/** Rules of resizing pods in place (pkg/apis/core/validation ValidatePodResize, 1.36). */

import { type FieldError, forbiddenField, invalidValue } from '../../machinery/field-error.ts';
import type { Draft } from '../../machinery/object.ts';
import { type Errors, isSame, type TextMap } from '../common/checks.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../generated/types.ts';
import { qosClassOf } from './pod-qos.ts';
import { checkWholePod, isMirrorPod, specOfPod } from './pod-validation.ts';

/** How upstream prints the path of the whole object. */
const WHOLE = '[]';
const ONLY_COMPUTE = 'only cpu and memory resources are mutable';

const loses = (next: TextMap | undefined, old: TextMap | undefined): boolean =>
  Object.keys(old ?? {}).some((name) => next?.[name] === undefined);

const checkKept = (
  errors: Errors,
  path: string,
  next: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  words: string,
): void => {
  for (const side of ['requests', 'limits'] as const) {
    if (!loses(next?.[side], old?.[side])) continue;
    errors.push(forbiddenField(`${path}.${side}`, `${words} ${side} cannot be removed`));
  }
};

const withoutCompute = (list: TextMap | undefined): TextMap => {
  const { cpu: _cpu, memory: _memory, ...rest } = list ?? {};
  return rest;
};

/** Whether everything but cpu and memory is as it was. */
const sameButCompute = (
  next: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
): boolean =>
  isSame(withoutCompute(next?.limits), withoutCompute(old?.limits)) &&
  isSame(withoutCompute(next?.requests), withoutCompute(old?.requests)) &&
  isSame(next?.claims, old?.claims);

const sameContainer = (next: Container, old: Container): boolean => {
  const [{ resources: left, ...rest }, { resources: right, ...before }] = [next, old];
  return sameButCompute(left, right) && isSame(rest, before);
};

const checkOrder = (
  errors: Errors,
  field: 'containers' | 'initContainers',
  next: PodSpec,
  old: PodSpec,
): boolean => {
  const [now, before] = [next[field] ?? [], old[field] ?? []];
  if (now.length !== before.length) {
    errors.push(forbiddenField(`spec.${field}`, `${field} may not be added or removed on resize`));
    return false;
  }
  let same = true;
  before.forEach(({ name }, index) => {
    if (now[index]?.name === name) return;
    same = false;
    const detail = `${field} may not be renamed or reordered on resize`;
    errors.push(forbiddenField(`spec.${field}[${index}].name`, detail));
  });
  return same;
};

const hasOwn = (spec: PodSpec): boolean =>
  Object.keys(spec.resources?.requests ?? {}).length + Object.keys(spec.resources?.limits ?? {}).length > 0;

const checkPodLevel = (errors: Errors, next: PodSpec, old: PodSpec): void => {
  if (!hasOwn(next) && !hasOwn(old)) return;
  if (old.resources !== undefined && next.resources === undefined) {
    errors.push(forbiddenField('spec.resources', 'pod-level resources cannot be removed'));
    return;
  }
  if (old.resources !== undefined) {
    checkKept(errors, 'spec.resources', next.resources, old.resources, 'pod-level resource');
  }
  if (!sameButCompute(next.resources, old.resources)) {
    errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable at pod-level'));
  }
};

const checkInit = (errors: Errors, next: Container, old: Container): void => {
  if (next.restartPolicy !== 'Always') {
    if (isSame(next, old)) return;
    errors.push(forbiddenField('spec', 'resources for non-sidecar init containers are immutable'));
  } else if (!sameContainer(next, old)) {
    errors.push(forbiddenField('spec', 'only cpu and memory resources for sidecar containers are mutable'));
  }
};

const checkContainers = (errors: Errors, next: PodSpec, old: PodSpec): void => {
  const pairs = (field: 'containers' | 'initContainers'): (readonly [Container, Container, number])[] =>
    (old[field] ?? []).flatMap((before, index) => {
      const now = next[field]?.[index];
      return now === undefined ? [] : [[now, before, index] as const];
    });
  for (const [now, before, index] of pairs('initContainers')) {
    if (before.restartPolicy !== 'Always') continue;
    checkKept(errors, `spec.initContainers[${index}].resources`, now.resources, before.resources, 'resource');
  }
  for (const [now, before, index] of pairs('containers')) {
    checkKept(errors, `spec.containers[${index}].resources`, now.resources, before.resources, 'resource');
  }
  for (const [now, before] of pairs('containers')) {
    if (!sameContainer(now, before)) errors.push(forbiddenField('spec', ONLY_COMPUTE));
  }
  for (const [now, before] of pairs('initContainers')) checkInit(errors, now, before);
};

/** Whether the node of a running pod can resize it: then it reports resources. */
const isSupported = (pod: Pod): boolean => {
  const running = pod.status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
};

const asDraft = (spec: PodSpec): Draft => spec as unknown as Draft;

/** A resized pod: cpu and memory of containers, within the pod's class. */
export const checkResize = (pod: Pod, old: Pod): readonly FieldError[] => {
  const [next, before] = [specOfPod(pod), specOfPod(old)];
  if (isMirrorPod(old)) return [forbiddenField(WHOLE, 'static pods cannot be resized')];
  if (before.os?.name === 'windows') return [forbiddenField(WHOLE, 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  checkWholePod(errors, pod);
  const was = old.status?.qosClass || qosClassOf(asDraft(before));
  if (was !== qosClassOf(asDraft(next))) {
    const detail = 'Pod QOS Class may not change as a result of resizing';
    errors.push(invalidValue('spec', pod.status?.qosClass ?? '', detail));
  }
  if (!isSupported(old))
    errors.push(forbiddenField('spec', 'Pod running on node without support for resize'));
  checkPodLevel(errors, next, before);
  const ordered = [
    checkOrder(errors, 'containers', next, before),
    checkOrder(errors, 'initContainers', next, before),
  ];
  if (ordered.includes(false)) return errors;
  checkContainers(errors, next, before);
  return errors;
};
