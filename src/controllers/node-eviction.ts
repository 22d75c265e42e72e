import type { Lookup } from '../kinds/define.ts';
import type { Node, Taint } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { parseTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import { type Context, type Controller, type ObjectChange, type Outcome, watch } from './contract.ts';
import { NOT_READY, readyOf, setTaints, shows, UNREACHABLE } from './node-lifecycle.ts';

/** Latency of the eviction pass: upstream runs it every 100 ms. */
export const EVICTION_LATENCY_MS = 100;
/** Between the return of a node and the end of its eviction taint. */
const RETURN_DELAY_MS = 2_000;
/** A zone loses one node in so long; a large one that is half gone more slowly. */
const INTERVAL_MS = 10_000;
const SLOW_INTERVAL_MS = 100_000;
/** Zones of more nodes are large. */
const LARGE_ZONE = 50;
/** From this share of its nodes on a zone is half gone. */
const UNHEALTHY = 0.55;

const isEvicting = ({ key, effect }: Taint): boolean =>
  effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE);

const evictionTaints = (node: Node): readonly Taint[] => (node.spec?.taints ?? []).filter(isEvicting);

const labelOf = ({ metadata }: Node, name: string): string =>
  metadata.labels?.[`topology.kubernetes.io/${name}`] ??
  metadata.labels?.[`failure-domain.beta.kubernetes.io/${name}`] ??
  '';

const zoneOf = (node: Node): string => `${labelOf(node, 'region')} ${labelOf(node, 'zone')}`;

const isReady = (node: Node): boolean => readyOf(node) === 'True';

const byZone = (nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> => {
  const zones = new Map<string, Node[]>();
  for (const node of nodes) {
    const zone = zones.get(zoneOf(node));
    if (zone === undefined) zones.set(zoneOf(node), [node]);
    else zone.push(node);
  }
  return zones;
};

/** How long after another node of the zone one may be evicted from: `undefined` when never. */
const intervalOf = (zone: readonly Node[]): number | undefined => {
  const lost = zone.filter((node) => !isReady(node)).length;
  const isHalfGone = lost < zone.length && lost > 2 && lost / zone.length >= UNHEALTHY;
  if (!isHalfGone) return INTERVAL_MS;
  return zone.length > LARGE_ZONE ? SLOW_INTERVAL_MS : undefined;
};

const leave = (context: Context, node: Node): Outcome => {
  if (evictionTaints(node).length === 0) return undefined;
  const condition = findCondition(node.status?.conditions, 'Ready');
  const due = (parseTime(condition?.lastTransitionTime ?? '') ?? 0) + RETURN_DELAY_MS;
  if (due > context.now) return { at: due };
  setTaints(context, node, 'NoExecute', []);
  return undefined;
};

/** The eviction taint follows the ready condition with the delays and limits of upstream's passes. */
const sync = (context: Context, node: Node): Outcome => {
  if (isReady(node)) return leave(context, node);
  const zones = byZone(context.lookup.list('nodes'));
  // Where all nodes are lost the fault is rather the network's: nobody is evicted.
  if ([...zones.values()].every((zone) => !zone.some(isReady))) {
    setTaints(context, node, 'NoExecute', []);
    return undefined;
  }
  if (findCondition(node.status?.conditions, 'Ready') === undefined) return undefined;
  const key = readyOf(node) === 'False' ? NOT_READY : UNREACHABLE;
  const present = evictionTaints(node);
  if (present.some((taint) => taint.key === key)) return undefined;
  const isMarked = node.spec?.taints?.some((taint) => taint.key === key && taint.effect === 'NoSchedule');
  if (isMarked !== true) return undefined;
  if (present.length === 0) {
    const zone = zones.get(zoneOf(node)) ?? [];
    const interval = intervalOf(zone);
    if (interval === undefined) return undefined;
    const others = zone.flatMap(evictionTaints).map(({ timeAdded }) => parseTime(timeAdded ?? '') ?? 0);
    const due = Math.max(0, ...others) + interval;
    if (due > context.now) return { at: due };
  }
  setTaints(context, node, 'NoExecute', [key]);
  return undefined;
};

const isConcerned = (node: Node): boolean => !isReady(node) || evictionTaints(node).length > 0;

/** A node that comes, goes or changes its readiness concerns all that are lost: it decides whether they are evicted from. */
const keysOf = ({ op, object, previous }: ObjectChange<Node>, lookup: Lookup): readonly string[] => {
  const name = object.metadata.name ?? '';
  const isSame = previous !== undefined && isReady(previous) === isReady(object);
  const others =
    op === 'update' && isSame
      ? []
      : lookup
          .list('nodes')
          .filter((node) => node.metadata.name !== name && isConcerned(node))
          .map(({ metadata }) => metadata.name ?? '');
  const isSeen = op !== 'delete' && (previous === undefined || !deepEqual(shows(object), shows(previous)));
  return isSeen ? [name, ...others] : others;
};

/** Adds and removes the NoExecute taints of nodes that are not ready, a moment after the NoSchedule ones. */
export const nodeEvictionController: Controller = {
  name: 'node-eviction-controller',
  watches: [watch('nodes', keysOf)],
  reconcile: (context, name) => {
    const node = context.lookup.get('nodes', '', name);
    return node === undefined ? undefined : sync(context, node);
  },
};
