/** What the platform lends a cluster and its pump: storage, log, randomness, timers. */

import type { ClusterPorts } from '../src/cluster/contract.ts';
import { knownDescriptions } from './descriptions.ts';
import type { PumpPorts } from './pump.ts';
import { makeSqlPort } from './sql-adapter.ts';
import type { WebhookCalls } from './webhook-calls.ts';

/** The log of the object's process: one JSON object a line. */
export const journal: ClusterPorts['journal'] = {
  write: (level, event, fields) => console[level](JSON.stringify({ level, event, ...fields })),
};

/** The ports of a cluster whose data lies in this storage. Without `webhooks` it reaches nothing outside. */
export const portsOf = (storage: DurableObjectStorage, webhooks: WebhookCalls | undefined): ClusterPorts => ({
  sql: makeSqlPort(storage),
  journal,
  makeSecret: () => crypto.getRandomValues(new Uint8Array(32)),
  descriptions: knownDescriptions,
  ...(webhooks === undefined ? {} : { reaches: webhooks.reaches }),
});

/** The pump's timers, and the object's alarm. */
export const pumpPorts = (storage: DurableObjectStorage): PumpPorts => ({
  now: () => Date.now(),
  later: (work, delayMs) => {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
  setAlarm: (at) => void storage.setAlarm(at),
});
