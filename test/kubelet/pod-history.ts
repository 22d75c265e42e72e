import type { ContainerStatus, Event, Pod } from '../../src/kinds/generated/types.ts';
import { EPOCH, Harness } from '../support/harness.ts';

/** A request at a time (milliseconds after the pods were created). */
export interface Step {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
}

export interface History {
  /** One line for each different state: `<seconds> <phase> <container states>`. */
  readonly states: readonly string[];
  /** `<reason> x<count>: <message>` of the kubelet's events, in the order of their first time. */
  readonly events: readonly string[];
  readonly harness: Harness;
}

const stateOf = (status: ContainerStatus): string => {
  const { running, waiting, terminated } = status.state ?? {};
  const restarts = (status.restartCount ?? 0) > 0 ? `#${status.restartCount}` : '';
  if (running !== undefined) return `${status.name}=running${status.ready ? '+ready' : ''}${restarts}`;
  if (terminated !== undefined)
    return `${status.name}=${terminated.reason}:${terminated.exitCode}${restarts}`;
  return `${status.name}=${waiting?.reason}${restarts}`;
};

const describe = (pod: Pod): string =>
  [
    pod.status?.phase,
    ...(pod.status?.reason ? [`(${pod.status.reason})`] : []),
    ...[
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.containerStatuses ?? []),
      ...(pod.status?.ephemeralContainerStatuses ?? []),
    ].map(stateOf),
    ...(pod.metadata.deletionTimestamp === undefined ? [] : ['deleting']),
  ].join(' ');

/** Plays a pod's life until nothing is due within a minute, or `untilMs` has passed. */
export const playPod = (
  yaml: string,
  options: {
    readonly steps?: readonly Step[];
    readonly untilMs?: number;
    readonly latency?: 'instant' | 'fast' | 'realistic';
  } = {},
): History => {
  const harness = new Harness({ settings: { latency: options.latency ?? 'fast' } });
  harness.settle(1000);
  harness.advance(1000 - ((harness.now - EPOCH) % 1000));
  const start = harness.now;
  harness.create(yaml);
  const watch = harness.watch('/api/v1/namespaces/default/pods?watch=1');
  const states: string[] = [];
  const take = (): void => {
    for (const { type, object } of watch.drain()) {
      const text = type === 'DELETED' ? 'gone' : describe(object as Pod);
      if (states.at(-1)?.split(' ').slice(1).join(' ') === text) continue;
      states.push(`${((harness.now - start) / 1000).toFixed(1)} ${text}`);
    }
  };
  const steps = [...(options.steps ?? [])];
  const until = start + (options.untilMs ?? 60_000);
  for (;;) {
    const [step] = steps;
    const at = Math.min(
      harness.end().nextDue ?? Number.POSITIVE_INFINITY,
      step === undefined ? Number.POSITIVE_INFINITY : start + step.at,
    );
    if (at > until) break;
    harness.advance(Math.max(0, at - harness.now));
    take();
    if (step === undefined || harness.now < start + step.at) continue;
    steps.shift();
    const headers: Readonly<Record<string, string>> =
      step.method === 'PATCH' ? { 'content-type': 'application/strategic-merge-patch+json' } : {};
    const reply = harness.request(step.method, step.url, {
      headers,
      ...(step.body === undefined ? {} : { body: step.body }),
    });
    if (reply.status > 299) throw new Error(`${step.method} ${step.url}: ${reply.body}`);
    take();
  }
  const errors = harness.journal.lines.filter(({ level }) => level === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const events = harness
    .list<Event>('/api/v1/namespaces/default/events')
    .filter(({ source }) => source?.component === 'kubelet')
    .sort(
      (a, b) =>
        (a.firstTimestamp ?? '').localeCompare(b.firstTimestamp ?? '') ||
        (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
    )
    .map(({ reason, count, message }) => `${reason} x${count}: ${message?.trim()}`);
  return { states, events, harness };
};

/** A pod named `a` with one container `c`. */
export const podOf = (container: string, spec = ''): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {${spec}containers: [{name: c, ${container}}]}}`;

export const POD = '/api/v1/namespaces/default/pods/a';
