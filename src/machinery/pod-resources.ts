/** What a pod asks for as a whole (component-helpers/resource/helpers.go, 1.36), exactly, in quantities. */

import { addQuantity, compareQuantity, type Quantity, quantityOf } from './quantity.ts';

type ResourceList = Readonly<Record<string, string>> | undefined;

interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

interface ContainerLike {
  readonly resources?: Resources;
  readonly restartPolicy?: string;
}

/** The part of a pod spec that sums look at. */
export interface PodSpecLike {
  readonly containers?: readonly ContainerLike[];
  readonly initContainers?: readonly ContainerLike[];
  readonly overhead?: Readonly<Record<string, string>>;
  readonly resources?: Resources;
}

/** Amounts by resource name. */
export type ResourceTotals = ReadonlyMap<string, Quantity>;
type Totals = Map<string, Quantity>;

/** A resource list as quantities. */
export const totalsOf = (list: ResourceList): Totals =>
  new Map(Object.entries(list ?? {}).map(([name, value]) => [name, quantityOf(value)]));

const add = (total: Totals, more: ResourceTotals): void => {
  for (const [name, amount] of more) {
    const present = total.get(name);
    total.set(name, present === undefined ? amount : addQuantity(present, amount));
  }
};

const raise = (total: Totals, other: ResourceTotals): void => {
  for (const [name, amount] of other) {
    const present = total.get(name);
    if (present === undefined || compareQuantity(present, amount) < 0) total.set(name, amount);
  }
};

const sum = (spec: PodSpecLike, side: 'requests' | 'limits'): Totals => {
  const total: Totals = new Map();
  for (const container of spec.containers ?? []) add(total, totalsOf(container.resources?.[side]));
  const sidecars: Totals = new Map();
  const peak: Totals = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = totalsOf(container.resources?.[side]);
    if (container.restartPolicy === 'Always') {
      add(total, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      add(own, sidecars);
      raise(peak, own);
    }
  }
  raise(total, peak);
  return total;
};

const isPodLevel = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

const applyPodLevel = (total: Totals, list: ResourceList): void => {
  for (const [name, amount] of totalsOf(list)) if (isPodLevel(name)) total.set(name, amount);
};

/** Requests of a pod: the larger of what runs together and of each init container, plus overhead. */
export const sumPodRequests = (spec: PodSpecLike): Totals => {
  const total = sum(spec, 'requests');
  applyPodLevel(total, spec.resources?.requests);
  add(total, totalsOf(spec.overhead));
  return total;
};

/** Limits of a pod; overhead is added only to resources that are limited. */
export const sumPodLimits = (spec: PodSpecLike): Totals => {
  const total = sum(spec, 'limits');
  applyPodLevel(total, spec.resources?.limits);
  for (const [name, amount] of totalsOf(spec.overhead)) {
    const present = total.get(name);
    if (present !== undefined && present.nano !== 0n) total.set(name, addQuantity(present, amount));
  }
  return total;
};
