/**
 * Which devices a pod's ResourceClaims get on a node (dynamic-resource-allocation/structured, 1.36): every request is
 * filled from the devices that the node reaches, that its class and its own selectors take, and that nobody holds.
 */

import { termSelects } from '../controllers/common/node-affinity.ts';
import type { Lookup } from '../kinds/define.ts';
import type {
  AllocationResult,
  Device,
  DeviceAllocationConfiguration,
  DeviceAttribute,
  DeviceConstraint,
  DeviceRequest,
  DeviceRequestAllocationResult,
  DeviceSelector,
  DeviceSubRequest,
  ExactDeviceRequest,
  Node,
  NodeSelector,
  ResourceSlice,
  ResourceV1ResourceClaim,
} from '../kinds/generated/types.ts';
import { selectsDevice } from '../machinery/cel/device.ts';

export type Claim = ResourceV1ResourceClaim;

/** A device in its pool. */
interface PoolDevice {
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  /** Only nodes of the same name reach it: the claim is bound to that node. */
  readonly isLocal: boolean;
  readonly isComplete: boolean;
}

const idOf = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

const selects = (selector: NodeSelector | undefined, node: Node): boolean =>
  selector?.nodeSelectorTerms.some((term) => termSelects(term, node)) === true;

interface Reach {
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
}

const reaches = ({ nodeName, nodeSelector, allNodes }: Reach, node: Node): boolean =>
  allNodes === true || nodeName === node.metadata.name || selects(nodeSelector, node);

/** Slices of the newest generation of each pool. */
const currentSlices = (lookup: Lookup): readonly ResourceSlice[] => {
  const slices = lookup.list('resourceslices.resource.k8s.io');
  const newest = new Map<string, number>();
  for (const { spec } of slices) {
    const key = `${spec.driver}/${spec.pool.name}`;
    newest.set(key, Math.max(newest.get(key) ?? 0, spec.pool.generation));
  }
  return slices.filter(({ spec }) => newest.get(`${spec.driver}/${spec.pool.name}`) === spec.pool.generation);
};

const devicesOn = (lookup: Lookup, node: Node): readonly PoolDevice[] => {
  const slices = currentSlices(lookup);
  return slices.flatMap(({ spec }) => {
    if (spec.perDeviceNodeSelection !== true && !reaches(spec, node)) return [];
    const { driver, pool } = spec;
    const published = slices.filter((it) => it.spec.driver === driver && it.spec.pool.name === pool.name);
    return (spec.devices ?? [])
      .filter((device) => spec.perDeviceNodeSelection !== true || reaches(device, node))
      .map((device) => ({
        id: idOf(driver, pool.name, device.name),
        driver,
        pool: pool.name,
        device,
        isLocal: (spec.perDeviceNodeSelection === true ? device.nodeName : spec.nodeName) !== undefined,
        isComplete: published.length === pool.resourceSliceCount,
      }));
  });
};

/** Devices that claims hold. */
const heldDevices = (lookup: Lookup): Set<string> => {
  const held = new Set<string>();
  for (const claim of lookup.list('resourceclaims.resource.k8s.io')) {
    for (const result of claim.status?.allocation?.devices?.results ?? []) {
      if (result.adminAccess !== true) held.add(idOf(result.driver, result.pool, result.device));
    }
  }
  return held;
};

type Wish = ExactDeviceRequest | DeviceSubRequest;

const isTolerated = (device: Device, wish: Wish): boolean =>
  (device.taints ?? []).every(
    (taint) =>
      !['NoSchedule', 'NoExecute'].includes(taint.effect) ||
      (wish.tolerations ?? []).some(
        (it) =>
          (it.effect === undefined || it.effect === '' || it.effect === taint.effect) &&
          (it.key === undefined || it.key === '' || it.key === taint.key) &&
          (it.operator === 'Exists' || (it.value ?? '') === (taint.value ?? '')),
      ),
  );

const takes = (selectors: readonly DeviceSelector[] | undefined, { driver, device }: PoolDevice): boolean =>
  (selectors ?? []).every(
    ({ cel }) =>
      cel === undefined ||
      selectsDevice(cel.expression, {
        driver,
        attributes: device.attributes ?? {},
        capacity: device.capacity ?? {},
        allowMultipleAllocations: device.allowMultipleAllocations === true,
      }),
  );

/** One request with the devices it could take and how many it needs. */
interface Demand {
  readonly claim: Claim;
  readonly request: string;
  readonly main: string;
  readonly count: number;
  readonly isAdmin: boolean;
  readonly candidates: readonly PoolDevice[];
}

const attributeOf = ({ driver, device }: PoolDevice, name: string): DeviceAttribute | undefined => {
  const own = name.startsWith(`${driver}/`) ? device.attributes?.[name.slice(driver.length + 1)] : undefined;
  return device.attributes?.[name] ?? own;
};

const concerns = (constraint: DeviceConstraint, { request, main }: Demand): boolean =>
  (constraint.requests ?? []).length === 0 ||
  (constraint.requests ?? []).some((it) => it === request || it === main);

interface Taken {
  readonly demand: Demand;
  readonly device: PoolDevice;
}

/** Whether a device agrees with those already taken: same attributes where they must match, others where distinct. */
const agrees = (taken: readonly Taken[], next: Taken): boolean => {
  const { claim } = next.demand;
  return (claim.spec.devices?.constraints ?? []).every((constraint) => {
    const { matchAttribute, distinctAttribute } = constraint;
    const name = matchAttribute ?? distinctAttribute;
    if (name === undefined || !concerns(constraint, next.demand)) return true;
    const value = attributeOf(next.device, name);
    if (value === undefined) return false;
    const text = JSON.stringify(value);
    const others = taken
      .filter(({ demand }) => demand.claim === claim && concerns(constraint, demand))
      .map(({ device }) => JSON.stringify(attributeOf(device, name)));
    return matchAttribute === undefined ? !others.includes(text) : others.every((other) => other === text);
  });
};

/** Devices tried in one search, so that claims with many ways to fail do not hold up the cluster. */
const MOST_TRIES = 20_000;

/** Combinations of alternatives that are looked at. */
const MOST_WAYS = 200;

interface Search {
  readonly demands: readonly Demand[];
  readonly held: Set<string>;
  tries: number;
}

/** Tries devices for the demands from one on, each `left` times; undefined when there is no way. */
const fill = (
  search: Search,
  taken: readonly Taken[] = [],
  at = 0,
  left = search.demands[0]?.count ?? 0,
): readonly Taken[] | undefined => {
  const { demands, held } = search;
  const demand = demands[at];
  if (demand === undefined) return taken;
  if (left === 0) return fill(search, taken, at + 1, demands[at + 1]?.count ?? 0);
  for (const device of demand.candidates) {
    search.tries += 1;
    if (search.tries > MOST_TRIES) return undefined;
    if (!demand.isAdmin && held.has(device.id)) continue;
    if (taken.some((it) => it.device === device && it.demand === demand)) continue;
    const next = { demand, device };
    if (!agrees(taken, next)) continue;
    if (!demand.isAdmin) held.add(device.id);
    const rest = fill(search, [...taken, next], at, left - 1);
    if (rest !== undefined) return rest;
    if (!demand.isAdmin) held.delete(device.id);
  }
  return undefined;
};

/** The ways to fill the requests: alternatives of `firstAvailable` in their order, the first request outermost. */
const waysOf = (
  claims: readonly Claim[],
  demandOf: (claim: Claim, name: string, main: string, wish: Wish) => Demand | undefined,
): readonly (readonly Demand[])[] => {
  const choicesOf = (claim: Claim, { name, exactly, firstAvailable }: DeviceRequest) =>
    exactly === undefined
      ? (firstAvailable ?? []).map((sub) => demandOf(claim, `${name}/${sub.name}`, name, sub))
      : [demandOf(claim, name, name, exactly)];
  const options = claims.flatMap((claim) =>
    (claim.spec.devices?.requests ?? []).map((request) => choicesOf(claim, request)),
  );
  return combine(options);
};

/** One choice of each option, the first option outermost; at most `MOST_WAYS` of them. */
const combine = (options: readonly (readonly (Demand | undefined)[])[]): readonly (readonly Demand[])[] => {
  const ways: Demand[][] = [];
  const extend = (way: readonly Demand[]): void => {
    const choices = options[way.length];
    if (choices === undefined) ways.push([...way]);
    for (const choice of choices ?? []) {
      if (ways.length >= MOST_WAYS) return;
      if (choice !== undefined) extend([...way, choice]);
    }
  };
  if (options.every((choices) => choices.some((choice) => choice !== undefined))) extend([]);
  return ways;
};

const configOf = (lookup: Lookup, claim: Claim): readonly DeviceAllocationConfiguration[] => {
  const ofClasses = (claim.spec.devices?.requests ?? []).flatMap(({ name, exactly }) =>
    (lookup.get('deviceclasses.resource.k8s.io', '', exactly?.deviceClassName ?? '')?.spec.config ?? []).map(
      (config) => ({ source: 'FromClass', requests: [name], ...config }),
    ),
  );
  const own = (claim.spec.devices?.config ?? []).map((config) => ({ source: 'FromClaim', ...config }));
  return [...ofClasses, ...own];
};

const resultOf = (lookup: Lookup, claim: Claim, node: Node, taken: readonly Taken[]): AllocationResult => {
  const results = taken.map(
    ({ demand, device }): DeviceRequestAllocationResult => ({
      request: demand.request,
      driver: device.driver,
      pool: device.pool,
      device: device.device.name,
      ...(demand.isAdmin ? { adminAccess: true } : {}),
    }),
  );
  const config = configOf(lookup, claim);
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name ?? ''] }];
  return {
    devices: { results, ...(config.length === 0 ? {} : { config }) },
    ...(taken.some(({ device }) => device.isLocal)
      ? { nodeSelector: { nodeSelectorTerms: [{ matchFields }] } }
      : {}),
  };
};

const demandsOn =
  (lookup: Lookup, devices: readonly PoolDevice[]) =>
  (claim: Claim, request: string, main: string, wish: Wish): Demand | undefined => {
    const chosenBy = lookup.get('deviceclasses.resource.k8s.io', '', wish.deviceClassName);
    if (chosenBy === undefined) return undefined;
    const candidates = devices.filter(
      (it) => takes(chosenBy.spec.selectors, it) && takes(wish.selectors, it) && isTolerated(it.device, wish),
    );
    const isAdmin = 'adminAccess' in wish && wish.adminAccess === true;
    if (wish.allocationMode !== 'All') {
      const whole = candidates.filter(({ isComplete }) => isComplete);
      return { claim, request, main, count: wish.count ?? 1, isAdmin, candidates: whole };
    }
    // All devices of a pool are only known when the whole pool is.
    if (candidates.length === 0 || candidates.some(({ isComplete }) => !isComplete)) return undefined;
    return { claim, request, main, count: candidates.length, isAdmin, candidates };
  };

/** Devices for all the claims on a node; undefined when not all of them can be had. */
export const allocate = (
  lookup: Lookup,
  claims: readonly Claim[],
  node: Node,
): ReadonlyMap<Claim, AllocationResult> | undefined => {
  const held = heldDevices(lookup);
  const demandOf = demandsOn(lookup, devicesOn(lookup, node));
  let tries = 0;
  for (const demands of waysOf(claims, demandOf)) {
    const search = { demands, held: new Set(held), tries };
    const taken = fill(search);
    tries = search.tries;
    if (taken === undefined) continue;
    return new Map(
      claims.map((claim) => {
        const own = taken.filter(({ demand }) => demand.claim === claim);
        return [claim, resultOf(lookup, claim, node, own)];
      }),
    );
  }
  return undefined;
};

/** Whether an allocated claim can be used on a node. */
export const isUsableOn = ({ status }: Claim, node: Node): boolean =>
  status?.allocation?.nodeSelector === undefined || selects(status.allocation.nodeSelector, node);
