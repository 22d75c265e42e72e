import { expect, it } from 'vitest';
import { EPOCH, testSettings } from '../../test/support/harness.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import { createCluster, openCluster } from './cluster.ts';

const ports = () => ({ sql: openNodeSql(), journal: { write: () => undefined } });

it('runs at wall speed until told otherwise', () => {
  const cluster = createCluster(ports(), testSettings, EPOCH);
  expect(cluster.clock(EPOCH + 5000)).toEqual({ now: EPOCH + 5000, paused: false, rate: 1 });
});

it('stands still while paused, runs at its rate, and keeps both over a reopening', () => {
  const shared = ports();
  const cluster = createCluster(shared, testSettings, EPOCH);
  expect(cluster.repace({ paused: true }, EPOCH + 1000).now).toBe(EPOCH + 1000);
  const reopened = openCluster(shared, EPOCH + 50_000);
  expect(reopened?.clock(EPOCH + 60_000)).toEqual({ now: EPOCH + 1000, paused: true, rate: 1 });
  reopened?.repace({ paused: false, rate: 60 }, EPOCH + 60_000);
  expect(reopened?.clock(EPOCH + 61_000)).toEqual({ now: EPOCH + 61_000, paused: false, rate: 60 });
});

it('jumps forward on request, also while paused, and never back', () => {
  const cluster = createCluster(ports(), testSettings, EPOCH);
  cluster.repace({ paused: true }, EPOCH);
  expect(cluster.advance(EPOCH + 3_600_000, EPOCH).unfinished).toBe(false);
  expect(cluster.clock(EPOCH).now).toBe(EPOCH + 3_600_000);
  cluster.advance(EPOCH + 1000, EPOCH);
  expect(cluster.clock(EPOCH).now).toBe(EPOCH + 3_600_000);
});
