/** What an autoscaler scales: whatever has a scale subresource (pkg/controller/podautoscaler/horizontal.go, 1.36). */

import type { Lookup } from '../kinds/define.ts';
import type { CustomResourceDefinition, HorizontalPodAutoscaler } from '../kinds/generated/types.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import {
  fromLabelMap,
  fromLabelSelector,
  type LabelSelectorObject,
  type LabelSelectorTerms,
  parseLabelSelector,
} from '../machinery/selector.ts';

/** The scaled object as its scale subresource shows it. */
export interface ScaleTarget {
  readonly object: KubeObject;
  readonly replicas: number;
  readonly statusReplicas: number;
  /** `undefined`: the scale says nothing of a selector. */
  readonly selector: LabelSelectorTerms | undefined;
  /** The object with another size. */
  readonly resized: (object: KubeObject, replicas: number) => KubeObject;
}

/** Where the parts of a Scale are in an object. */
interface ScalePaths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  readonly selector: readonly string[] | undefined;
}

const BUILT_IN: ScalePaths = {
  spec: ['spec', 'replicas'],
  status: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

/** Built-in kinds that can be scaled, by group and kind: the resource their refusals name. */
const SCALABLE: Readonly<Record<string, string>> = {
  'apps/Deployment': 'deployments.apps',
  'apps/ReplicaSet': 'replicasets.apps',
  'apps/StatefulSet': 'statefulsets.apps',
  '/ReplicationController': 'replicationcontrollers',
};

const NO_RESOURCE = 'the server could not find the requested resource';

const read = (object: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[part]
        : undefined,
    object,
  );

const write = (object: unknown, [first, ...rest]: readonly string[], value: unknown): unknown => {
  if (first === undefined) return value;
  const record = (typeof object === 'object' && object !== null ? object : {}) as Record<string, unknown>;
  return { ...record, [first]: write(record[first], rest, value) };
};

const pathOf = (text: string): readonly string[] => text.replace(/^\./, '').split('.');

const termsOf = (value: unknown): LabelSelectorTerms | undefined => {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') {
    const parsed = parseLabelSelector(value);
    return parsed.ok ? parsed.value : undefined;
  }
  const isPlain = Object.values(value).every((item) => typeof item === 'string');
  if (isPlain) return fromLabelMap(value as Readonly<Record<string, string>>);
  const terms = fromLabelSelector(value as LabelSelectorObject);
  return terms.ok ? terms.value : undefined;
};

const targetFrom = (object: KubeObject, paths: ScalePaths): ScaleTarget => {
  const count = (path: readonly string[]): number => Number(read(object, path) ?? 0);
  return {
    object,
    replicas: count(paths.spec),
    statusReplicas: count(paths.status),
    selector: paths.selector === undefined ? undefined : termsOf(read(object, paths.selector)),
    resized: (current, replicas) => write(current, paths.spec, replicas) as KubeObject,
  };
};

const definitionOf = (lookup: Lookup, group: string, kind: string): CustomResourceDefinition | undefined =>
  lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .find(({ spec }) => spec.group === group && spec.names.kind === kind);

const customTarget = (
  lookup: Lookup,
  definition: CustomResourceDefinition,
  namespace: string,
  name: string,
): ScaleTarget | string => {
  const { group, names, versions } = definition.spec;
  const version = versions.find((it) => it.storage) ?? versions[0];
  const scale = version?.subresources?.scale;
  if (scale === undefined) return NO_RESOURCE;
  const object = lookup.getByKind(`${group}/${version?.name ?? ''}`, names.kind, namespace, name);
  if (object === undefined) return `${names.plural}.${group} ${JSON.stringify(name)} not found`;
  return targetFrom(object, {
    spec: pathOf(scale.specReplicasPath),
    status: pathOf(scale.statusReplicasPath),
    selector: scale.labelSelectorPath === undefined ? undefined : pathOf(scale.labelSelectorPath),
  });
};

/** The target of an autoscaler, or why its scale cannot be had. The version that it names does not matter. */
export const scaleTargetOf = (lookup: Lookup, hpa: HorizontalPodAutoscaler): ScaleTarget | string => {
  const { apiVersion = 'v1', kind = '', name = '' } = hpa.spec?.scaleTargetRef ?? {};
  const namespace = hpa.metadata.namespace ?? '';
  const group = parseGroupVersion(apiVersion)?.group ?? '';
  const scaled = SCALABLE[`${group}/${kind}`];
  if (scaled !== undefined) {
    const object = lookup.getByKind(group === '' ? 'v1' : `${group}/v1`, kind, namespace, name);
    return object === undefined
      ? `${scaled} ${JSON.stringify(name)} not found`
      : targetFrom(object, BUILT_IN);
  }
  const definition = definitionOf(lookup, group, kind);
  if (definition !== undefined) return customTarget(lookup, definition, namespace, name);
  return lookup.isNamespaced(apiVersion, kind) === undefined
    ? `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`
    : NO_RESOURCE;
};
