/** What probes find out about a running container, as functions of time (pkg/kubelet/prober and pkg/probe, 1.36). */

import type { Container, ExecAction, HTTPGetAction, Probe } from '../kinds/generated/types.ts';
import type { Instant } from '../machinery/time.ts';
import { execute, type Fate } from './commands.ts';
import type { Image } from './images.ts';
import { type Outcome, type Rules, type Track, trackProbe } from './probe-track.ts';
import type { FileSpan, Surroundings } from './shell/surroundings.ts';
import { surroundingsOf } from './surroundings.ts';
import { lookAgain, noteContainer, type Sync, type Unit } from './sync.ts';

/** The findings at the sync's instant. */
export interface Health {
  readonly started: boolean;
  readonly ready: boolean;
  /** Since when a probe wants the container killed. */
  readonly kill?: { readonly since: Instant; readonly probe: Probe; readonly name: string };
}

/** A running container as probes see it. */
interface Patient {
  readonly sync: Sync;
  readonly unit: Unit;
  readonly image: Image;
  readonly startedAt: Instant;
  readonly fate: Fate;
}

/** An outcome with the text of a failure. */
interface Examination extends Outcome {
  readonly failure: (at: Instant) => string;
}

const constant = (failure: string | undefined): Examination => ({
  at: () => failure === undefined,
  changes: [],
  failure: () => failure ?? '',
});

const portOf = (container: Container, port: number | string): number =>
  typeof port === 'number'
    ? port
    : (container.ports?.find(({ name }) => name === port)?.containerPort ?? (Number.parseInt(port, 10) || 0));

const isListening = ({ fate, unit }: Patient, port: number): boolean => {
  if (fate.listens !== undefined) return fate.listens.includes(port);
  const declared = unit.container.ports ?? [];
  return declared.length === 0 || declared.some(({ containerPort }) => containerPort === port);
};

const addressOf = ({ sync }: Patient): string => sync.pod.status?.podIP ?? '10.244.0.2';

const refused = (patient: Patient, host: string | undefined, port: number): string =>
  `dial tcp ${host ?? addressOf(patient)}:${port}: connect: connection refused`;

/** Web servers that have no other page than their first, unless something is mounted into them. */
const PLAIN_SERVERS = /\/(nginx|httpd|nginx-unprivileged)$/;

const statusOf = (patient: Patient, path: string, afterMs: number): number => {
  const { image, fate, unit } = patient;
  // The example of the documentation: well for ten seconds, then ill.
  if (fate.server === 'liveness') return path === '/healthz' && afterMs > 10_000 ? 500 : 200;
  const isPlain = PLAIN_SERVERS.test(image.name.repository);
  const isPristine = (unit.container.volumeMounts ?? []).every(({ mountPath }) =>
    mountPath.startsWith('/var/run/secrets'),
  );
  if (isPlain && isPristine && !/^\/?(index\.html|50x\.html)?(\?.*)?$/.test(path)) return 404;
  return 200;
};

const examineHttp = (patient: Patient, get: HTTPGetAction): Examination => {
  const port = portOf(patient.unit.container, get.port);
  const path = get.path || '/';
  if (!isListening(patient, port)) {
    const url = `${(get.scheme ?? 'HTTP').toLowerCase()}://${get.host ?? addressOf(patient)}:${port}${path.startsWith('/') ? path : `/${path}`}`;
    return constant(`Get "${url}": ${refused(patient, get.host, port)}`);
  }
  const status = (at: Instant): number => statusOf(patient, path, at - patient.startedAt);
  return {
    at: (at) => status(at) < 400,
    changes: patient.fate.server === 'liveness' ? [patient.startedAt + 10_001] : [],
    failure: (at) => `HTTP probe failed with statuscode: ${status(at)}`,
  };
};

const existsAt = (spans: readonly FileSpan[], path: string, atMs: number): boolean | undefined => {
  const known = spans.filter((span) => span.path === path);
  if (known.length === 0) return undefined;
  return known.some(({ fromMs, toMs }) => fromMs <= atMs && (toMs === undefined || atMs < toMs));
};

/** The container's files as they are so long after its start. */
const filesAt = (patient: Patient, around: Surroundings, atMs: number): Surroundings => ({
  ...around,
  get env() {
    return around.env;
  },
  fileBefore: (path) => {
    const exists = existsAt(patient.fate.files, path, atMs);
    return exists === undefined ? around.fileBefore(path) : exists ? '' : undefined;
  },
  startedAt: patient.startedAt + atMs,
  resolves: (host, later) => around.resolves(host, atMs + later),
});

const NOT_FOUND = /: not found$|executable file not found/;

const examineExec = (patient: Patient, exec: ExecAction): Examination => {
  const around = surroundingsOf(patient.sync, patient.unit.container, patient.image, patient.startedAt);
  const words = exec.command ?? [];
  const playAt = (at: Instant) => execute(words, filesAt(patient, around, at - patient.startedAt));
  const edges = patient.fate.files.flatMap(({ fromMs, toMs }) => [
    fromMs,
    ...(toMs === undefined ? [] : [toMs]),
  ]);
  return {
    at: (at) => {
      const played = playAt(at);
      // A program nobody knows is taken to be a check that passes.
      return played.endless !== undefined ? played.endless.heedsStop : played.code === 0;
    },
    changes: [...new Set(edges)].map((ms) => patient.startedAt + ms).sort((a, b) => a - b),
    failure: (at) => {
      const text = playAt(at)
        .lines.map((line) => line.text)
        .join('\n');
      return text === '' || NOT_FOUND.test(text) ? text : `${text}\n`;
    },
  };
};

const examine = (patient: Patient, probe: Probe): Examination => {
  if (probe.exec !== undefined) return examineExec(patient, probe.exec);
  if (probe.httpGet !== undefined) return examineHttp(patient, probe.httpGet);
  if (probe.tcpSocket !== undefined) {
    const port = portOf(patient.unit.container, probe.tcpSocket.port);
    return constant(isListening(patient, port) ? undefined : refused(patient, probe.tcpSocket.host, port));
  }
  if (probe.grpc !== undefined) {
    const { port } = probe.grpc;
    const target = `"${addressOf(patient)}:${port}"`;
    const seconds = probe.timeoutSeconds ?? 1;
    return constant(
      isListening(patient, port)
        ? undefined
        : `timeout: failed to connect service ${target} within ${seconds}s: context deadline exceeded`,
    );
  }
  return constant(undefined);
};

type ProbeKind = 'Startup' | 'Liveness' | 'Readiness';

const follow = (patient: Patient, kind: ProbeKind, probe: Probe, from: Instant): Track => {
  const { sync, unit } = patient;
  const examination = examine(patient, probe);
  const delayed = patient.startedAt + (probe.initialDelaySeconds ?? 0) * 1000 + sync.pace.reactMs;
  const rules: Rules = {
    first: Math.max(delayed, from),
    periodMs: Math.max(1, probe.periodSeconds ?? 10) * 1000,
    successes: probe.successThreshold ?? 1,
    failures: probe.failureThreshold ?? 3,
    initially: kind === 'Liveness',
    ...(kind === 'Liveness' ? { endsWith: false } : kind === 'Startup' ? { endsWith: true } : {}),
  };
  const track = trackProbe(rules, examination, sync.now);
  if (track.failsNow) {
    noteContainer(
      sync,
      unit,
      'Warning',
      'Unhealthy',
      `${kind} probe failed: ${examination.failure(sync.now)}`,
    );
  }
  if (track.next !== undefined) lookAgain(sync, track.next);
  return track;
};

/** The instant of a startup probe's last permitted failure, when it has come. */
const startupFailure = (patient: Patient, probe: Probe): Instant | undefined => {
  const threshold = probe.failureThreshold ?? 3;
  const periodMs = Math.max(1, probe.periodSeconds ?? 10) * 1000;
  const first = patient.startedAt + (probe.initialDelaySeconds ?? 0) * 1000 + patient.sync.pace.reactMs;
  const at = first + (threshold - 1) * periodMs;
  return at <= patient.sync.now ? at : undefined;
};

/** Judges the running container, and asks for another look when a finding may change. */
export const judge = (patient: Patient): Health => {
  const { startupProbe, livenessProbe, readinessProbe } = patient.unit.container;
  let from = patient.startedAt;
  if (startupProbe !== undefined) {
    const track = follow(patient, 'Startup', startupProbe, from);
    if (!track.finding || track.since === undefined) {
      const since = startupFailure(patient, startupProbe);
      return {
        started: false,
        ready: false,
        ...(since === undefined ? {} : { kill: { since, probe: startupProbe, name: 'startup' } }),
      };
    }
    from = track.since;
  }
  const liveness = livenessProbe && follow(patient, 'Liveness', livenessProbe, from);
  const readiness = readinessProbe && follow(patient, 'Readiness', readinessProbe, from);
  const since = liveness?.finding === false ? liveness.since : undefined;
  return {
    started: true,
    ready: readiness?.finding ?? true,
    ...(since === undefined || livenessProbe === undefined
      ? {}
      : { kill: { since, probe: livenessProbe, name: 'liveness' } }),
  };
};
