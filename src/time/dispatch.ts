import type { OrderedController, WatchMapping } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import { parseKey, resourceName } from '../machinery/names.ts';
import type { Change } from '../store/reader.ts';
import type { Agenda } from './agenda.ts';

interface Route {
  readonly actor: number;
  readonly latencyMs: number;
  readonly mapping: WatchMapping;
}

const isEvent = (resource: string): boolean => resource === 'events';

/** Maps changes to wake-ups: resource -> the controllers that watch it, in order; `seenMs` after the change. */
export type Dispatch = (change: Change, lookup: Lookup, agenda: Agenda, seenMs?: number) => void;

/**
 * Compiles the controllers' mappings. A change at `t` makes a key due at `t + latency` of its controller, so
 * watchers see the familiar cascade.
 */
export const makeDispatch = (controllers: readonly OrderedController[], instant: boolean): Dispatch => {
  const routes = new Map<string, Route[]>();
  for (const [actor, { controller, latencyMs, work }] of controllers.entries()) {
    const reactMs = instant ? latencyMs : (work?.reactMs ?? latencyMs);
    for (const mapping of controller.watches) {
      const list = routes.get(mapping.resource) ?? [];
      list.push({ actor, latencyMs: reactMs, mapping });
      routes.set(mapping.resource, list);
    }
  }
  const everything = routes.get('*');
  return (change, lookup, agenda, seenMs = 0) => {
    const place = parseKey(change.key);
    const name = resourceName(place.group, place.resource);
    for (const interested of [routes.get(name), isEvent(name) ? undefined : everything]) {
      for (const { actor, latencyMs, mapping } of interested ?? []) {
        for (const key of mapping.keys(change, lookup, place))
          agenda.soonest(actor, key, change.at + seenMs + (mapping.latencyMs ?? latencyMs));
      }
    }
  };
};
