/**
 * `kubectl describe` of every kind, compared with texts that were read beside what a real cluster prints. What differs
 * from run to run is masked. `UPDATE_GOLDEN=1` writes them anew: read the difference before it is committed.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStage, type Stage } from './support/stage.ts';

const FOLDER = join(import.meta.dirname, '../golden/describe');

const CRON_TAB = `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: tab}
spec: {cronSpec: "* * * * */5", replicas: 1}
`;

/** File of the golden by what is described. */
const cases: readonly (readonly [name: string, ...args: string[]])[] = [
  ...[
    'running',
    'crashing',
    'completed',
    'unschedulable',
    'unpullable',
    'misconfigured',
    'unmountable',
    'unhealthy',
  ].map((pod) => [`pod-${pod}`, 'pod', pod] as const),
  ['deployment', 'deployment', 'web'],
  ['replicaset', 'rs', '-l', 'app=web'],
  ['statefulset', 'sts', 'db'],
  ['daemonset', 'ds', 'agent'],
  ['replicationcontroller', 'rc', 'old'],
  ['job-complete', 'job', 'pi'],
  ['job-failed', 'job', 'failing'],
  ['cronjob', 'cronjob', 'yearly'],
  ['hpa', 'hpa', 'web'],
  ['pdb', 'pdb', 'web'],
  ['service', 'svc', 'web'],
  ['service-headless', 'svc', 'db'],
  ['endpointslice', 'endpointslice', '-l', 'kubernetes.io/service-name=web'],
  ['ingress', 'ingress', 'web'],
  ['networkpolicy', 'netpol', 'web'],
  ['pvc-waiting', 'pvc', 'waiting'],
  ['pvc-static', 'pvc', 'bound'],
  ['pvc-provisioned', 'pvc', 'data-db-0'],
  ['pv-static', 'pv', 'by-hand'],
  ['storageclass', 'sc', 'standard'],
  ['node', 'node', 'control-plane'],
  ['namespace', 'ns', 'team'],
  ['quota', 'quota', 'quota', '-n', 'team'],
  ['limits', 'limits', 'limits', '-n', 'team'],
  ['serviceaccount', 'sa', 'default'],
  ['secret', 'secret', 'password'],
  ['configmap', 'cm', 'settings'],
  ['role', 'role', 'reader'],
  ['rolebinding', 'rolebinding', 'reader'],
  ['clusterrole', 'clusterrole', 'system:node-proxier'],
  ['priorityclass', 'priorityclass', 'high'],
  ['lease', 'lease', 'lease'],
  ['csr', 'csr', 'anna'],
  ['crd', 'crd', 'crontabs.stable.example.com'],
  ['custom', 'crontab', 'tab'],
];

/** Masks, in order: what differs from run to run, and the width of columns that hold it. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+-]\d{4} [A-Z+-][A-Za-z0-9+-]*)/g, '<time>'],
  [/containerd:\/\/[0-9a-f]{64}/g, 'containerd://<id>'],
  [/sha256:[0-9a-f]{64}/g, 'sha256:<digest>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/10\.244\.\d+\.\d+/g, '<pod ip>'],
  [/10\.0\.0\.\d+/g, '<cluster ip>'],
  [
    /(kube-api-access|web|agent|pi|failing|old)-(?:[0-9a-f]{8,10}-)?[bcdfghjklmnpqrstvwxz2456789]{5}\b/g,
    '$1-<random>',
  ],
  [/(pod-template-hash=|web-)[0-9a-f]{8,10}\b/g, '$1<hash>'],
  [/((?:Machine ID|System UUID|Boot ID): +)\S+/g, '$1<id>'],
  [/\bin \d+m?s \(\d+m?s including waiting\)/g, 'in <took> (<took> including waiting)'],
  [/(Resource Version: +)\d+/g, '$1<n>'],
  [
    /^( {2}(?:Normal|Warning) +\S+ +)(?:<invalid>|<unknown>|\d+\w*)(?: \(x(\d+) over (?:<invalid>|\d+\w*)\))?/gm,
    '$1<age> x$2',
  ],
  [/^( {2}default +\S.*\)) +(?:<invalid>|\d+\w*)$/gm, '$1 <age>'],
  [/[ \t]+$/gm, ''],
  [/(\S) {2,}/g, '$1  '],
  [/-{3,}/g, '---'],
];

const masked = (text: string): string =>
  masks.reduce((result, [pattern, by]) => result.replace(pattern, by), text).trimEnd();

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(inject('server'), { latency: 'instant', seed: 'describe', nodes: 1 });
  // Time stands still but for `advance`, so that counts of what is repeated are always the same.
  await stage.pauseClock(true);
  await stage.apply(readFileSync(join(FOLDER, 'objects.yaml'), 'utf8'));
  await stage.advance(1);
  await stage.apply(CRON_TAB);
  await stage.advance(45);
});

describe('describe', () => {
  it.each(cases)('%s', async (name, ...args) => {
    const text = masked(await stage.k.ok('describe', ...args));
    const file = join(FOLDER, `${name}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(file)) writeFileSync(file, `${text}\n`);
    expect(text).toBe(readFileSync(file, 'utf8').trimEnd());
  });
});
