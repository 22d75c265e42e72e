/**
 * The usage model: how much CPU and memory a container uses, as a function of its image, its command and the requests
 * it serves. Annotations of the pod, or else of its namespace, say otherwise: `kubicle.dev/cpu: 200m`,
 * `kubicle.dev/memory: 64Mi`, or for one container `kubicle.dev/cpu.<container>`; `none` means that no metrics are known.
 */

import { appetiteOf } from './load.ts';
import type { KubeObject } from './object.ts';
import { parseQuantity, quantityMilli, quantityValue } from './quantity.ts';

/** Usage of one container. */
export interface ContainerUsage {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** Said by an annotation, so that it is what it is, without noise. */
  readonly isGiven: boolean;
}

const PREFIX = 'kubicle.dev/';
const MIB = 1024 * 1024;

/** What an image uses when nobody asks anything of it, and the CPU time (ms) it takes for one HTTP request. */
interface Profile {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly requestMs: number;
}

const profile = (cpuMilli: number, memoryMib: number, requestMs = 1): Profile => ({
  cpuMilli,
  memoryMib,
  requestMs,
});

/** By the last path part of the repository. */
const families: Readonly<Record<string, Profile>> = {
  pause: profile(0, 1),
  nginx: profile(1, 8, 0.4),
  'nginx-unprivileged': profile(1, 8, 0.4),
  httpd: profile(1, 12, 0.6),
  caddy: profile(1, 14, 0.5),
  haproxy: profile(1, 75, 0.3),
  traefik: profile(2, 30, 0.5),
  redis: profile(3, 10, 0.1),
  memcached: profile(1, 3, 0.1),
  mysql: profile(8, 380, 4),
  mariadb: profile(4, 100, 4),
  postgres: profile(4, 40, 4),
  mongo: profile(6, 160, 4),
  rabbitmq: profile(12, 140, 2),
  cassandra: profile(40, 1200, 4),
  elasticsearch: profile(25, 1300, 10),
  wordpress: profile(1, 60, 80),
  tomcat: profile(3, 160, 5),
  jenkins: profile(5, 700, 20),
  grafana: profile(5, 90, 10),
  prometheus: profile(6, 120, 5),
  // The documentation's walkthrough: one client in a loop makes 61 % of a core.
  'hpa-example': profile(1, 12, 40),
  'gb-frontend': profile(1, 25, 8),
  podinfo: profile(1, 22, 1),
  'metrics-server': profile(4, 20),
  coredns: profile(3, 15),
  busybox: profile(0, 1),
  alpine: profile(0, 1),
  ubuntu: profile(0, 2),
  debian: profile(0, 2),
  node: profile(2, 45, 3),
  python: profile(1, 25, 8),
  openjdk: profile(4, 180, 4),
};

const OTHER = profile(1, 10);

/** Last path part of an image name, without tag and digest. */
const familyOf = (image: string): string => (image.split('/').at(-1) ?? '').split(/[:@]/)[0] ?? '';

const profileOf = (image = ''): Profile => families[familyOf(image)] ?? OTHER;

/** CPU time (ms) that one HTTP request to a container of the image costs it. */
export const requestCostMs = (image: string | undefined): number => profileOf(image).requestMs;

const annotated = (
  resource: string,
  container: string,
  pod: KubeObject,
  namespace: KubeObject | undefined,
): string | undefined => {
  for (const object of [pod, namespace]) {
    const annotations = object?.metadata.annotations;
    const text = annotations?.[`${PREFIX}${resource}.${container}`] ?? annotations?.[`${PREFIX}${resource}`];
    if (text !== undefined) return text;
  }
  return undefined;
};

/** The number an annotation gives; `undefined` when there is none or it is no quantity. */
const given = (text: string | undefined, unit: 'milli' | 'whole'): number | undefined => {
  const parsed = text === undefined ? undefined : parseQuantity(text);
  if (parsed === undefined || !parsed.ok) return undefined;
  return Math.max(0, unit === 'milli' ? quantityMilli(parsed.value) : quantityValue(parsed.value));
};

interface ContainerLike {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

interface PodLike extends KubeObject {
  readonly spec?: { readonly containers?: readonly ContainerLike[] };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: { readonly running?: object };
    }[];
  };
}

/** False only for a container that is known to wait or to have ended. */
const mayRun = ({ status }: PodLike, name: string): boolean => {
  const state = status?.containerStatuses?.find((candidate) => candidate.name === name)?.state;
  return state === undefined || state.running !== undefined;
};

/** A throttled container gets a little less than its limit. */
const THROTTLED = 0.98;

const containerUsage = (container: ContainerLike, demandMilli: number): ContainerUsage => {
  const { cpuMilli, memoryMib } = profileOf(container.image);
  const appetite = appetiteOf(container);
  const wanted = cpuMilli + appetite.cpuMilli + demandMilli;
  const limit = given(container.resources?.limits?.['cpu'], 'milli');
  const most = given(container.resources?.limits?.['memory'], 'whole');
  const memory = memoryMib * MIB + appetite.memoryBytes;
  return {
    name: container.name,
    cpuMilli: Math.floor(limit === undefined ? wanted : Math.min(wanted, limit * THROTTLED)),
    memoryBytes: most === undefined || most === 0 ? memory : Math.min(memory, most),
    isGiven: false,
  };
};

/**
 * Usage of the containers that run in a running pod; `undefined` when there are no metrics of it. `demandMilli` is the CPU that
 * the requests it serves cost: its first container bears them.
 */
export const podUsage = (
  pod: PodLike,
  namespace?: KubeObject,
  demandMilli = 0,
): readonly ContainerUsage[] | undefined => {
  if (pod.status?.phase !== 'Running') return undefined;
  const result: ContainerUsage[] = [];
  for (const [index, container] of (pod.spec?.containers ?? []).entries()) {
    if (!mayRun(pod, container.name)) continue;
    const cpu = annotated('cpu', container.name, pod, namespace);
    const memory = annotated('memory', container.name, pod, namespace);
    if (cpu === 'none' || memory === 'none') return undefined;
    const usage = containerUsage(container, index === 0 ? demandMilli : 0);
    const cpuMilli = given(cpu, 'milli');
    const memoryBytes = given(memory, 'whole');
    result.push({
      ...usage,
      ...(cpuMilli === undefined ? {} : { cpuMilli, isGiven: true }),
      ...(memoryBytes === undefined ? {} : { memoryBytes, isGiven: true }),
    });
  }
  return result.length === 0 ? undefined : result;
};

/** A named metric that is not a resource, from `kubicle.dev/metric.<name>` of the object; in thousandths. */
export const namedMetric = (object: KubeObject | undefined, name: string): number | undefined =>
  given(object?.metadata.annotations?.[`${PREFIX}metric.${name}`], 'milli');
