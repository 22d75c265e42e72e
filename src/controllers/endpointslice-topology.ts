/**
 * Hints that spread a Service's endpoints over zones in proportion to their CPUs: the older way of keeping traffic close,
 * asked for by annotation (k8s.io/endpointslice/topologycache, 1.36). Upstream walks maps here; we walk zones by name.
 */

import type { EndpointSlice, Node } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { quantityMilli, quantityOf } from '../machinery/quantity.ts';
import { findCondition } from './common/conditions.ts';
import type { EventNote, ObjectChange } from './contract.ts';
import { type Draft, type Endpoint, withoutHints } from './endpointslice-plan.ts';

/** What is told of a Service's hints. */
export type HintNote = Pick<EventNote, 'type' | 'reason' | 'message'>;

const ZONE = 'topology.kubernetes.io/zone';
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** A zone may have this much more traffic per endpoint than others. */
const OVERLOAD = 0.2;

/** The share of the CPUs each zone has; `undefined` when nodes do not tell enough, or there is one zone only. */
export const zoneShares = (nodes: readonly Node[]): ReadonlyMap<string, number> | undefined => {
  const cpus = new Map<string, number>();
  for (const { metadata, status } of nodes) {
    if (EXCLUDED.some((label) => metadata.labels?.[label] !== undefined)) continue;
    if (findCondition(status?.conditions, 'Ready')?.status !== 'True') continue;
    const zone = metadata.labels?.[ZONE] ?? '';
    const cpu = quantityMilli(quantityOf(status?.allocatable?.['cpu'] ?? '0'));
    if (zone === '' || cpu === 0) return undefined;
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu);
  }
  if (cpus.size < 2) return undefined;
  const total = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0);
  const zones = [...cpus].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(zones.map(([zone, cpu]) => [zone, cpu / total]));
};

const shareFacts = (node: Node | undefined) => [
  node?.metadata.labels,
  findCondition(node?.status?.conditions, 'Ready')?.status,
];

/** True when a change of a node can change the shares of zones. */
export const changesShares = ({ op, object, previous }: ObjectChange<Node>): boolean =>
  op !== 'update' || !deepEqual(shareFacts(object), shareFacts(previous));

interface Allocation {
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
}

/** How many endpoints each zone should have, or why there is no way to say. */
const allocate = (
  shares: ReadonlyMap<string, number>,
  count: number,
): ReadonlyMap<string, Allocation> | string => {
  const counts = `(${count} endpoints, ${shares.size} zones)`;
  if (shares.size > count) return `Insufficient number of endpoints ${counts}`;
  const least = new Map<string, { readonly minimum: number; readonly desired: number }>();
  let taken = 0;
  for (const [zone, share] of shares) {
    const wanted = share * count;
    const minimum = Math.ceil(wanted * (1 / (1 + OVERLOAD)));
    taken += minimum;
    if (taken > count) {
      return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
    }
    least.set(zone, { minimum, desired: Math.max(wanted, minimum) });
  }
  return new Map([...least].map(([zone, it]) => [zone, { ...it, maximum: it.minimum + count - taken }]));
};

const isReady = (endpoint: Endpoint): boolean => endpoint.conditions?.ready === true;

type Counts = Map<string, number>;

const add = (counts: Counts, zone: string, by: number): void =>
  void counts.set(zone, (counts.get(zone) ?? 0) + by);

/** Hints of a slice that stays as it is; `undefined` when they no longer fit. */
const keptHints = (
  { endpoints }: Draft,
  given: Counts,
  allocations: ReadonlyMap<string, Allocation>,
): Counts | undefined => {
  const counts: Counts = new Map();
  for (const endpoint of endpoints.filter(isReady)) {
    const zones = endpoint.hints?.forZones ?? [];
    if (zones.length === 0) return undefined;
    for (const { name } of zones) {
      if (!allocations.has(name)) return undefined;
      add(counts, name, 1);
    }
  }
  const fits = [...counts].every(
    ([zone, count]) => count + (given.get(zone) ?? 0) <= (allocations.get(zone)?.maximum ?? 0),
  );
  return fits ? counts : undefined;
};

const most = (zones: Counts): readonly [string, number] => {
  let best: readonly [string, number] = ['', 0];
  for (const entry of zones) if (entry[1] > best[1]) best = entry;
  return best;
};

/** How many endpoints zones give away and get. */
const exchange = (allocations: ReadonlyMap<string, Allocation>, given: Counts): readonly [Counts, Counts] => {
  const surplus: Counts = new Map();
  const lack: Counts = new Map();
  for (const [zone, { desired }] of allocations) {
    const have = given.get(zone) ?? 0;
    if (have > desired) surplus.set(zone, have - desired);
    else if (have < desired) lack.set(zone, desired - have);
  }
  const giving: Counts = new Map();
  const receiving: Counts = new Map();
  for (;;) {
    const [from, toGive] = most(surplus);
    const [to, toReceive] = most(lack);
    const tooLittle = (toGive < 1 && toReceive < 1) || toGive < 0.5 || toReceive < 0.5;
    if (from === '' || to === '' || tooLittle) return [giving, receiving];
    add(giving, from, 1);
    add(surplus, from, -1);
    add(receiving, to, 1);
    add(lack, to, -1);
  }
};

const hinted = (endpoint: Endpoint, zone: string): Endpoint => ({
  ...withoutHints(endpoint),
  hints: { forZones: [{ name: zone }] },
});

/** The draft without any hints, to be written when it had some. */
export const clearHints = (draft: Draft): Draft => {
  if (draft.endpoints.every(({ hints }) => hints === undefined)) return draft;
  return { ...draft, endpoints: draft.endpoints.map(withoutHints), changed: true };
};

/** Moves hints of single endpoints to zones that lack some. */
const redistribute = (drafts: readonly Draft[], giving: Counts, receiving: Counts): void => {
  for (const draft of drafts) {
    for (const [index, endpoint] of draft.endpoints.entries()) {
      const from = endpoint.zone ?? '';
      if (!isReady(endpoint) || (giving.get(from) ?? 0) <= 0) continue;
      const to = [...receiving].find(([, count]) => count > 0)?.[0];
      if (to === undefined) return;
      draft.endpoints[index] = hinted(endpoint, to);
      add(giving, from, -1);
      add(receiving, to, -1);
    }
  }
};

/** The drafts with hints: slices that fit stay as they are. A text says why there can be no hints. */
export const spreadHints = (
  planned: readonly Draft[],
  shares: ReadonlyMap<string, number> | undefined,
): { readonly drafts: readonly Draft[] } | string => {
  if (shares === undefined) {
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  }
  const total = planned.reduce((sum, { endpoints }) => sum + endpoints.filter(isReady).length, 0);
  const allocations = allocate(shares, total);
  if (typeof allocations === 'string') return allocations;
  const given: Counts = new Map();
  const drafts = planned.map((draft): Draft => {
    const kept = draft.changed ? undefined : keptHints(draft, given, allocations);
    for (const [zone, count] of kept ?? []) add(given, zone, count);
    return kept === undefined ? { ...draft, endpoints: [...draft.endpoints], changed: true } : draft;
  });
  const open = drafts.filter(({ changed }) => changed);
  for (const draft of open) {
    for (const [index, endpoint] of draft.endpoints.entries()) {
      if (!isReady(endpoint)) continue;
      const zone = endpoint.zone ?? '';
      if (zone === '') return 'One or more endpoints do not have a zone specified';
      add(given, zone, 1);
      draft.endpoints[index] = hinted(endpoint, zone);
    }
  }
  redistribute(open, ...exchange(allocations, given));
  return { drafts };
};

/** True when some zone has too few of the hints that were given, for its share. */
export const isOverloaded = (
  slices: readonly EndpointSlice[],
  shares: ReadonlyMap<string, number> | undefined,
): boolean => {
  const given: Counts = new Map();
  for (const { endpoints } of slices) {
    for (const { hints } of endpoints ?? []) {
      for (const { name } of hints?.forZones ?? []) add(given, name, 1);
    }
  }
  if (given.size === 0) return false;
  if (shares === undefined) return true;
  const total = [...given.values()].reduce((sum, count) => sum + count, 0);
  return [...shares].some(
    ([zone, share]) => (given.get(zone) ?? 0) < Math.ceil(total * share * (1 / (1 + OVERLOAD))),
  );
};
