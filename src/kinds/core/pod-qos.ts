/** Quality of service of pods (upstream: pkg/apis/core/v1/helper/qos, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import {
  addQuantity,
  compareQuantity,
  type Quantity,
  quantityOf,
  signOfQuantity,
} from '../../machinery/quantity.ts';
import { child, descend, items, sizeOf } from '../common/draft.ts';

const COMPUTE = ['cpu', 'memory'];

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const positive = (list: Draft | undefined): Map<string, Quantity> => {
  const found = new Map<string, Quantity>();
  for (const resource of COMPUTE) {
    const quantity = quantityOf(list?.[resource]);
    if (signOfQuantity(quantity) > 0) found.set(resource, quantity);
  }
  return found;
};

const addAll = (into: Map<string, Quantity>, more: ReadonlyMap<string, Quantity>): void => {
  for (const [resource, quantity] of more) {
    const present = into.get(resource);
    into.set(resource, present ? addQuantity(present, quantity) : quantity);
  }
};

const hasPodLevel = (spec: Draft): boolean =>
  sizeOf(descend(spec, 'resources', 'requests')) > 0 || sizeOf(descend(spec, 'resources', 'limits')) > 0;

/**
 * `BestEffort` when nothing is asked for, `Guaranteed` when cpu and memory are limited everywhere and requests
 * equal limits, else `Burstable`. Requests and limits of the pod as a whole take the containers' place.
 */
export const qosClassOf = (spec: Draft): QosClass => {
  const requests = new Map<string, Quantity>();
  const limits = new Map<string, Quantity>();
  let everyLimit = true;
  const holders = hasPodLevel(spec)
    ? [spec]
    : [...items(spec, 'containers'), ...items(spec, 'initContainers')];
  for (const holder of holders) {
    const resources = child(holder, 'resources');
    addAll(requests, positive(child(resources, 'requests')));
    const own = positive(child(resources, 'limits'));
    addAll(limits, own);
    if (own.size < COMPUTE.length) everyLimit = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const equal =
    requests.size === limits.size &&
    [...requests].every(([resource, quantity]) => {
      const limit = limits.get(resource);
      return limit !== undefined && compareQuantity(limit, quantity) === 0;
    });
  return everyLimit && equal ? 'Guaranteed' : 'Burstable';
};
