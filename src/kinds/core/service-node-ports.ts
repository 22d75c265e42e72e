/** Node ports of services (upstream: initNodePorts and updateNodePorts, service/storage/alloc.go, 1.36). */

import { invalidValue } from '../../machinery/field-error.ts';
import type { Draft } from '../../machinery/object.ts';
import { internalError, makeStatus, StatusError } from '../../machinery/status.ts';
import { items, text } from '../common/draft.ts';
import type { ServiceAllocator } from './service-allocation.ts';
import { refuse } from './service-families.ts';
import { needsHealthPort } from './service-fields.ts';

const nodePortOf = (port: Draft): number => Number(port['nodePort'] ?? 0);

const givesPorts = (spec: Draft): boolean =>
  spec['type'] === 'NodePort' ||
  (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);

const draw = (allocator: ServiceAllocator): number => {
  const drawn = allocator.nextPort();
  if (drawn === undefined) throw internalError('failed to allocate a nodePort: range is full');
  return drawn;
};

/** What allocating needs: the whole service for its refusals, its spec, and where ports come from. */
interface Ports {
  readonly draft: Draft;
  readonly spec: Draft;
  readonly allocator: ServiceAllocator;
}

const take = ({ draft, allocator }: Ports, index: number, asked: number): void => {
  const why = allocator.takePort(asked);
  if (why) refuse(draft, [invalidValue(`spec.ports[${index}].nodePort`, asked, why)]);
};

/** Ports asked for; the first one that is says it for all ports of the same number (DNS is one in two protocols). */
const takeAsked = (work: Ports, given: Map<unknown, number>): void => {
  const ports = items(work.spec, 'ports');
  const gives = givesPorts(work.spec);
  for (const [index, port] of ports.entries()) {
    const own = nodePortOf(port);
    if (own === 0 && !gives) continue;
    const number = port['port'];
    const before = given.get(number);
    if (before !== undefined) {
      if (own !== 0 && own !== before) take(work, index, own);
      continue;
    }
    const asked = ports.find((other) => other['port'] === number && nodePortOf(other) !== 0);
    if (!asked) continue;
    take(work, index, nodePortOf(asked));
    given.set(number, nodePortOf(asked));
  }
};

/** Gives a new service its node ports: one for each port number, whatever its protocols. */
export const initNodePorts = (work: Ports): void => {
  const given = new Map<unknown, number>();
  takeAsked(work, given);
  if (!givesPorts(work.spec)) return;
  for (const port of items(work.spec, 'ports')) {
    if (nodePortOf(port) !== 0) continue;
    const number = given.get(port['port']) ?? draw(work.allocator);
    given.set(port['port'], number);
    port['nodePort'] = number;
  }
};

/** Gives a changed service the node ports it has not had: those asked for, and one for each port without. */
export const updateNodePorts = (work: Ports, oldSpec: Draft): void => {
  const held = new Set(items(oldSpec, 'ports').map(nodePortOf));
  const seen = new Set<string>();
  const gives = givesPorts(work.spec);
  for (const [index, port] of items(work.spec, 'ports').entries()) {
    if (nodePortOf(port) === 0 && !gives) continue;
    if (nodePortOf(port) === 0) port['nodePort'] = draw(work.allocator);
    else if (!held.has(nodePortOf(port))) {
      take(work, index, nodePortOf(port));
      held.add(nodePortOf(port));
    }
    const shown = `{${text(port, 'protocol')} ${nodePortOf(port)}}`;
    // Upstream does not make a refusal of it.
    if (seen.has(shown)) throw new StatusError(makeStatus(500, undefined, `duplicate nodePort: ${shown}`));
    seen.add(shown);
  }
};

/** The port that tells which nodes have endpoints; one that was needed before stays. */
export const giveHealthPort = ({ spec, allocator }: Ports, oldSpec: Draft | undefined): void => {
  if (!needsHealthPort(spec) || (oldSpec && needsHealthPort(oldSpec))) return;
  const asked = Number(spec['healthCheckNodePort'] ?? 0);
  if (asked === 0) {
    spec['healthCheckNodePort'] = allocator.nextPort();
    return;
  }
  const why = allocator.takePort(asked);
  if (why) throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
};
