/** Rules of what a pod asks for as a whole (pkg/apis/core/validation validatePodResources, 1.36). */

import { forbiddenField, invalidValue } from '../../machinery/field-error.ts';
import type { ResourceTotals } from '../../machinery/pod-resources.ts';
import { sumPodLimits, sumPodRequests } from '../../machinery/pod-resources.ts';
import { compareQuantity, printQuantity, quantityOf } from '../../machinery/quantity.ts';
import type { Errors } from '../common/checks.ts';
import type { PodSpec, ResourceRequirements } from '../generated/types.ts';
import { isHugePages, shownAmount } from './resource-names.ts';
import { checkPodResourceName, checkRequirements } from './resource-requirements-validation.ts';

const namesOf = (totals: ResourceTotals): string[] => [...totals.keys()].sort();

/** What the containers ask for together must fit into what the pod asks for. */
const checkTotals = (errors: Errors, path: string, spec: PodSpec, own: ResourceRequirements): void => {
  const { initContainers = [] } = spec;
  const containers = (spec.containers as PodSpec['containers'] | null | undefined) ?? [];
  const requests = sumPodRequests({ containers, initContainers });
  for (const name of namesOf(requests)) {
    const ofPod = own.requests?.[name];
    const total = requests.get(name);
    if (ofPod === undefined || total === undefined || compareQuantity(total, quantityOf(ofPod)) <= 0)
      continue;
    const detail = `must be greater than or equal to aggregate container requests of ${shownAmount(printQuantity(total))}`;
    errors.push(invalidValue(`${path}.requests[${name}]`, shownAmount(ofPod), detail));
  }
  const limits = sumPodLimits({ containers, initContainers });
  for (const name of namesOf(limits)) {
    const ofPod = own.limits?.[name];
    const total = limits.get(name);
    if (!isHugePages(name) || ofPod === undefined || total === undefined) continue;
    if (compareQuantity(total, quantityOf(ofPod)) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${shownAmount(printQuantity(total))}`;
    errors.push(invalidValue(`${path}.limits[${name}]`, shownAmount(ofPod), detail));
  }
};

/** No single container may have a higher limit than its pod. */
const checkLimits = (errors: Errors, path: string, spec: PodSpec, own: ResourceRequirements): void => {
  spec.containers?.forEach(({ resources }, index) => {
    for (const name of Object.keys(resources?.limits ?? {}).sort()) {
      const limit = resources?.limits?.[name] ?? '';
      const ofPod = own.limits?.[name];
      if (ofPod === undefined || compareQuantity(quantityOf(limit), quantityOf(ofPod)) <= 0) continue;
      const at = `${path}.containers[${index}][${name}].limits`;
      errors.push(
        invalidValue(
          at,
          shownAmount(limit),
          `must be less than or equal to pod limits of ${shownAmount(ofPod)}`,
        ),
      );
    }
  });
};

/** Resources of the pod itself; absent is fine. */
export const checkPodResources = (
  errors: Errors,
  path: string,
  spec: PodSpec,
  claims: ReadonlySet<string>,
): void => {
  const { resources } = spec;
  if (resources === undefined) return;
  if (spec.os?.name === 'windows') {
    errors.push(forbiddenField(path, 'may not be set for a windows pod'));
    return;
  }
  if (resources.claims !== undefined) {
    errors.push(forbiddenField(`${path}.claims`, 'claims may not be set for Resources at pod-level'));
  }
  checkRequirements(errors, path, resources, claims, checkPodResourceName);
  checkTotals(errors, path, spec, resources);
  checkLimits(errors, path, spec, resources);
};
