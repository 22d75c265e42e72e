/** What containers have written to their logs: a function of the pod's objects and the time. */

import type { Container, ContainerStatus, Pod } from '../kinds/generated/types.ts';
import { badRequest } from '../machinery/status.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { outputOf } from './commands.ts';
import { containerFacts } from './container-id.ts';
import { findImage, type Image } from './images.ts';
import { startupLines } from './startup-lines.ts';
import { surroundingsOf } from './surroundings.ts';
import { instantOf, type Scene } from './sync.ts';

export interface LogOptions {
  /** Absent or empty: the pod's default container, else its first. */
  readonly container?: string;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly sinceTime?: Instant;
  readonly limitBytes?: number;
  /** Where an earlier answer ended. */
  readonly cursor?: string;
}

interface Entry {
  readonly at: Instant;
  readonly text: string;
}

const statusesOf = (pod: Pod): readonly ContainerStatus[] => [
  ...(pod.status?.containerStatuses ?? []),
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.ephemeralContainerStatuses ?? []),
];

const containersOf = (pod: Pod): readonly Container[] => [
  ...(pod.spec?.containers ?? []),
  ...(pod.spec?.initContainers ?? []),
  ...(pod.spec?.ephemeralContainers ?? []),
];

const chosen = (pod: Pod, asked: string | undefined): string =>
  asked ||
  pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'] ||
  (pod.spec?.containers[0]?.name ?? '');

/** One life of a container. */
interface Run {
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
}

const runOf = (status: ContainerStatus, at: NonNullable<ContainerStatus['state']>['terminated']): Run => ({
  startedAt: containerFacts(at?.containerID, at?.startedAt, status.restartCount).startedAt,
  // The end is kept to the second: what was written within that second counts.
  endedAt: instantOf(at?.finishedAt) + 999,
});

/** The life whose log is asked for; throws 400 in the kubelet's words when there is none. */
const findRun = (pod: Pod, name: string, isPrevious: boolean): Run => {
  const podName = pod.metadata.name ?? '';
  const status = statusesOf(pod).find((candidate) => candidate.name === name);
  if (status === undefined) throw badRequest(`container "${name}" in pod "${podName}" is not available`);
  const { running, terminated, waiting } = status.state ?? {};
  const last = status.lastState?.terminated;
  if (isPrevious) {
    if (!last?.containerID) {
      throw badRequest(`previous terminated container "${name}" in pod "${podName}" not found`);
    }
    return runOf(status, last);
  }
  if (running !== undefined) {
    return {
      startedAt: containerFacts(status.containerID, running.startedAt, status.restartCount).startedAt,
    };
  }
  if (terminated?.containerID) return runOf(status, terminated);
  if (last?.containerID) return runOf(status, last);
  const waits = `container "${name}" in pod "${podName}" is waiting to start`;
  if (waiting?.reason === 'ErrImagePull') throw badRequest(`${waits}: image can't be pulled`);
  if (waiting?.reason === 'ImagePullBackOff') throw badRequest(`${waits}: trying and failing to pull image`);
  if (waiting?.reason) throw badRequest(`${waits}: ${waiting.reason}`);
  if (terminated !== undefined) throw badRequest(`container "${name}" in pod "${podName}" is terminated`);
  throw badRequest(`${waits} - no logs yet`);
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const filled = (line: string, pod: Pod, image: Image, at: Instant): string => {
  const date = new Date(at);
  const iso = date.toISOString();
  const clock = iso.slice(11, 19);
  const [month, day] = [MONTHS[date.getUTCMonth()] ?? '', iso.slice(8, 10)];
  const values: Readonly<Record<string, string>> = {
    slash: `${iso.slice(0, 10).replaceAll('-', '/')} ${clock}`,
    apache: `${WEEKDAYS[date.getUTCDay()]} ${month} ${day} ${clock}.${iso.slice(20, 23)}000 ${iso.slice(0, 4)}`,
    redis: `${day} ${month} ${iso.slice(0, 4)} ${clock}.${iso.slice(20, 23)}`,
    iso,
    tag: /^\d+(\.\d+)*/.exec(image.name.tag)?.[0] ?? '1.29.3',
    host: pod.metadata.name ?? '',
    ip: pod.status?.podIP ?? '',
  };
  return line.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
};

const startupOf = (pod: Pod, container: Container, image: Image, startedAt: Instant): readonly Entry[] => {
  const isOwn = container.command === undefined || container.command.length === 0;
  const name = image.name.repository.slice(image.name.repository.lastIndexOf('/') + 1);
  if (!isOwn || (container.args ?? []).length > 0) return [];
  return (startupLines[name] ?? []).map((line, index) => {
    const at = startedAt + 20 + index * 3;
    return { at, text: filled(line, pod, image, at) };
  });
};

const entriesOf = (scene: Scene, container: Container, run: Run, now: Instant): readonly Entry[] => {
  const image = findImage(container.image ?? '');
  if (typeof image === 'string') return [];
  const until = Math.min(now, run.endedAt ?? now);
  const around = surroundingsOf(scene, container, image, run.startedAt);
  const printed = outputOf(container, image, around, until - run.startedAt).map(({ atMs, text }) => ({
    at: run.startedAt + atMs,
    text,
  }));
  return [...startupOf(scene.pod, container, image, run.startedAt), ...printed].filter(
    ({ at }) => at <= until,
  );
};

/** Nine decimals, as the runtime stamps lines. */
const stamp = (at: Instant): string => `${new Date(at).toISOString().slice(0, 23)}000000Z`;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const limited = (text: string, bytes: number | undefined): string =>
  bytes === undefined ? text : decoder.decode(encoder.encode(text).subarray(0, bytes)).replace(/\uFFFD$/, '');

/** A log with what is needed to go on from there. */
export interface PodLog {
  readonly text: string;
  /** Goes into `LogOptions.cursor` to get what came after. */
  readonly cursor: string;
  /** Nothing will come any more: this life of the container is over. */
  readonly isOver: boolean;
}

const CURSOR = /^(\d+)-(\d+)$/;

/** The life a cursor belongs to, whether it goes on or is over by now. */
const followedRun = (pod: Pod, name: string, startedAt: Instant): Run | undefined => {
  const status = statusesOf(pod).find((candidate) => candidate.name === name);
  if (status === undefined) return undefined;
  const { running, terminated } = status.state ?? {};
  const runs = [
    ...(running === undefined ? [] : [findRun(pod, name, false)]),
    ...[terminated, status.lastState?.terminated].flatMap((end) =>
      end?.containerID ? [runOf(status, end)] : [],
    ),
  ];
  return runs.find((run) => run.startedAt === startedAt);
};

const isWanted = (options: LogOptions, now: Instant): ((entry: Entry) => boolean) => {
  const { sinceTime, sinceSeconds } = options;
  const since = sinceTime ?? (sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000);
  return ({ at }) => since === undefined || at >= since;
};

/**
 * The log of a container of the pod at an instant. Throws 400 with the kubelet's texts when the container has none
 * (pkg/kubelet/kubelet_pods.go validateContainerLogStatus, 1.36). A pod without a node has an empty log.
 */
export const podLog = (scene: Scene, options: LogOptions, now: Instant): PodLog => {
  const { pod } = scene;
  if (!pod.spec?.nodeName) return { text: '', cursor: '', isOver: true };
  const name = chosen(pod, options.container);
  const container = containersOf(pod).find((candidate) => candidate.name === name);
  if (container === undefined) {
    throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
  }
  const [, started, after] = CURSOR.exec(options.cursor ?? '') ?? [];
  const run =
    started === undefined
      ? findRun(pod, name, options.previous === true)
      : followedRun(pod, name, Number(started));
  if (run === undefined) return { text: '', cursor: options.cursor ?? '', isOver: true };
  const entries = entriesOf(scene, container, run, now);
  const wanted = entries.filter(
    after === undefined ? isWanted(options, now) : ({ at }) => at > Number(after),
  );
  const { tailLines } = options;
  const shown =
    tailLines === undefined || after !== undefined
      ? wanted
      : wanted.slice(Math.max(0, wanted.length - tailLines));
  const lines = shown.map(({ at, text }) => `${options.timestamps === true ? `${stamp(at)} ` : ''}${text}\n`);
  return {
    text: limited(lines.join(''), options.limitBytes),
    cursor: `${run.startedAt}-${now}`,
    isOver: run.endedAt !== undefined,
  };
};

/** Name of the query's value that carries a cursor. */
export const LOG_CURSOR = 'kubicle-cursor';

/** Reads the options of a log request from its query's first values. */
export const logOptions = (value: (name: string) => string | undefined): LogOptions => {
  const number = (name: string): number | undefined => {
    const text = value(name);
    return text === undefined || text === '' ? undefined : Number(text);
  };
  const flag = (name: string): boolean => {
    const text = value(name);
    return text !== undefined && text !== 'false' && text !== '0';
  };
  const [tailLines, sinceSeconds, limitBytes] = [
    number('tailLines'),
    number('sinceSeconds'),
    number('limitBytes'),
  ];
  const sinceTime = parseTime(value('sinceTime') ?? '');
  const [container, cursor] = [value('container'), value(LOG_CURSOR)];
  return {
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    ...(container ? { container } : {}),
    ...(cursor ? { cursor } : {}),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
  };
};
