/** Requests of a pod as a whole (upstream: defaultPodRequests in pkg/apis/core/v1/defaults.go, KEP-2837, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import {
  addQuantity,
  canonicalResource,
  compareQuantity,
  type Quantity,
  quantityOf,
} from '../../machinery/quantity.ts';
import { child, descend, ensure, isAbsent, items } from '../common/draft.ts';

type Totals = Map<string, Quantity>;

const addTo = (totals: Totals, list: Draft | undefined): void => {
  for (const [resource, value] of Object.entries(list ?? {})) {
    const sum = totals.get(resource);
    totals.set(resource, sum ? addQuantity(sum, quantityOf(value)) : quantityOf(value));
  }
};

const raiseTo = (totals: Totals, other: Totals): void => {
  for (const [resource, value] of other) {
    const present = totals.get(resource);
    if (!present || compareQuantity(present, value) < 0) totals.set(resource, value);
  }
};

/** What the containers of a pod have together on one side: running ones and sidecars add up, init containers peak. */
const containerTotals = (spec: Draft, side: 'limits' | 'requests'): Totals => {
  const listOf = (container: Draft): Draft | undefined => descend(container, 'resources', side);
  const totals: Totals = new Map();
  for (const container of items(spec, 'containers')) addTo(totals, listOf(container));
  const sidecars: Totals = new Map();
  const peak: Totals = new Map();
  for (const container of items(spec, 'initContainers')) {
    const moment: Totals = new Map(sidecars);
    addTo(moment, listOf(container));
    if (container['restartPolicy'] === 'Always') {
      addTo(totals, listOf(container));
      addTo(sidecars, listOf(container));
    }
    raiseTo(peak, moment);
  }
  raiseTo(totals, peak);
  return totals;
};

const isPodLevel = (resource: string): boolean =>
  resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');

/** Huge pages that containers are limited to and the pod says nothing of are its limit too, once it says anything. */
const defaultPageLimits = (spec: Draft): void => {
  const resources = child(spec, 'resources');
  const [limits, requests] = [child(resources, 'limits'), child(resources, 'requests')];
  if (Object.keys({ ...limits, ...requests }).length === 0) return;
  for (const [resource, total] of containerTotals(spec, 'limits')) {
    if (!resource.startsWith('hugepages-') || (requests && !isAbsent(requests, resource))) continue;
    const own = ensure(ensure(spec, 'resources'), 'limits');
    if (isAbsent(own, resource)) own[resource] = canonicalResource(total);
  }
};

/**
 * Fills pod-level requests: from the containers where any of them asks, else from the pod's own limits. Only
 * resources that a pod may have as a whole (cpu, memory, huge pages) take part.
 */
export const defaultPodRequests = (spec: Draft): void => {
  defaultPageLimits(spec);
  const resources = child(spec, 'resources');
  const limits = child(resources, 'limits');
  if (!resources || !limits || Object.keys(limits).length === 0) return;
  const requests: Draft = { ...child(resources, 'requests') };
  const fromContainers = containerTotals(spec, 'requests');
  for (const [resource, value] of fromContainers) {
    if (isPodLevel(resource) && !resource.startsWith('hugepages-') && isAbsent(requests, resource)) {
      requests[resource] = canonicalResource(value);
    }
  }
  for (const [resource, limit] of Object.entries(limits)) {
    if (isAbsent(requests, resource) && isPodLevel(resource)) requests[resource] = limit;
  }
  if (Object.keys(requests).length > 0) ensure(spec, 'resources')['requests'] = requests;
};
