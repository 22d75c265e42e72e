/** The api layer: requests in, answers and watches out. It decides nothing about objects; the registry does. */

import type { CoreRequest, CoreResponse, CoreWatch, Drained, Subscription } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import { makeDiscovery } from './discovery.ts';
import { handle } from './handle.ts';
import { makeOpenApi } from './openapi.ts';
import { RequestCounts } from './request-counts.ts';
import { makeWatcher } from './watch.ts';

export interface Api {
  /** Serves a request at the turn's instant. Throws OutsideNeeded when it must come again, and nothing else. */
  handle(request: CoreRequest): CoreResponse | CoreWatch;
  /** Frames a subscription is owed since its cursor. */
  drain(subscription: Subscription): Drained;
}

/** Builds the api over the registry and the functions the composition root supplies. */
export const makeApi = (given: ApiDeps): Api => {
  const deps = {
    ...given,
    openapi: given.openapi ?? makeOpenApi(given.catalog),
    counts: new RequestCounts(given.catalog),
  };
  const watcher = makeWatcher(deps);
  const discovery = makeDiscovery(deps.catalog);
  const handling = { deps, watcher, discovery };
  return {
    handle: (request) => handle(handling, request),
    drain: (subscription) => watcher.drain(subscription),
  };
};
