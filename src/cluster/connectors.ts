import type { Connector } from '../api/dependencies.ts';
import type { Issuer } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import { logOptions, podLog } from '../kubelet/console.ts';
import { deriveUnit } from '../machinery/random.ts';
import type { Instant } from '../machinery/time.ts';

/** On an answer whose log goes on: what the host asks for the rest with, instead of passing it on. */
export const LOG_CURSOR_HEADER = 'x-kubicle-log-cursor';

export interface ConnectorOptions {
  readonly lookup: Lookup;
  readonly issuer: Issuer;
  readonly seed: string;
  readonly now: () => Instant;
}

/** What answers connections to pods, by `group/resource/subresource`. */
export const makeConnectors = ({
  lookup,
  issuer,
  seed,
  now,
}: ConnectorOptions): Readonly<Record<string, Connector>> => ({
  '/pods/log': (target, query) => {
    const pod = lookup.get('pods', target.namespace, target.name ?? '');
    if (pod === undefined) return undefined;
    const random = (purpose: string, ...parts: readonly (string | number)[]) =>
      deriveUnit(seed, purpose, ...parts);
    const scene = { pod, context: { lookup, issuer, random } };
    const log = podLog(
      scene,
      logOptions((name) => query.get(name)?.[0]),
      now(),
    );
    const follows = ['true', '1', ''].includes(query.get('follow')?.[0] ?? 'false') && !log.isOver;
    return {
      kind: 'response',
      status: 200,
      headers: { 'content-type': 'text/plain', ...(follows ? { [LOG_CURSOR_HEADER]: log.cursor } : {}) },
      body: log.text,
    };
  },
});
