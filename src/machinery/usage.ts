/**
 * The first usage model: how much CPU and memory a container uses. Constant per image family, unless an
 * annotation of the pod, or else of its namespace, says otherwise:
 * `kubicle.dev/cpu: 200m`, `kubicle.dev/memory: 64Mi`, or for one container `kubicle.dev/cpu.<container>`.
 * `none` means that no metrics are known.
 */

import type { KubeObject } from './object.ts';
import { quantityMilli, quantityOf, quantityValue } from './quantity.ts';

/** Usage of one container. */
export interface ContainerUsage {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

const PREFIX = 'kubicle.dev/';
const MIB = 1024 * 1024;

const families: readonly (readonly [image: string, cpuMilli: number, memoryMib: number])[] = [
  ['pause', 0, 1],
  ['nginx', 1, 8],
  ['httpd', 1, 12],
  ['redis', 3, 10],
  ['mysql', 8, 380],
  ['postgres', 4, 40],
  ['mongo', 6, 160],
  ['busybox', 0, 1],
  ['alpine', 0, 1],
];

/** Last path part of an image name, without tag and digest. */
const familyOf = (image: string): string => (image.split('/').at(-1) ?? '').split(/[:@]/)[0] ?? '';

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

interface PodLike extends KubeObject {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
  readonly status?: { readonly phase?: string };
}

/** Usage of the containers of a running pod; `undefined` when there are no metrics of it. */
export const podUsage = (pod: PodLike, namespace?: KubeObject): readonly ContainerUsage[] | undefined => {
  if (pod.status?.phase !== 'Running') return undefined;
  const result: ContainerUsage[] = [];
  for (const { name, image = '' } of pod.spec?.containers ?? []) {
    const [, cpuMilli, memoryMib] = families.find(([family]) => family === familyOf(image)) ?? ['', 1, 10];
    const cpu = annotated('cpu', name, pod, namespace);
    const memory = annotated('memory', name, pod, namespace);
    if (cpu === 'none' || memory === 'none') return undefined;
    result.push({
      name,
      cpuMilli: cpu === undefined ? cpuMilli : Number(quantityMilli(quantityOf(cpu))),
      memoryBytes: memory === undefined ? memoryMib * MIB : Number(quantityValue(quantityOf(memory))),
    });
  }
  return result;
};

/** A named metric that is not a resource, from `kubicle.dev/metric.<name>` of the object; in thousandths. */
export const namedMetric = (object: KubeObject | undefined, name: string): number | undefined => {
  const text = object?.metadata.annotations?.[`${PREFIX}metric.${name}`];
  return text === undefined ? undefined : Number(quantityMilli(quantityOf(text)));
};
