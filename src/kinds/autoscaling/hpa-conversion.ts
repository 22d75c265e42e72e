/**
 * autoscaling/v1 and v2 forms of an autoscaler. What v1 has no fields for travels in annotations, as JSON in the
 * v1 spelling of metrics (upstream: pkg/apis/autoscaling/v1/conversion.go, 1.36).
 */

import type { Draft } from '../../machinery/object.ts';
import { child, ensure, items, sizeOf, text } from '../common/draft.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;

/** An object of the fields that have a value. */
const compact = (fields: Draft): Draft =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const metricType = (target: Draft): string => {
  if (target['averageUtilization'] !== undefined) return 'Utilization';
  return target['averageValue'] === undefined ? 'Value' : 'AverageValue';
};

const withType = (target: Draft): Draft => ({ type: metricType(target), ...target });

const identifier = (name: unknown, selector: unknown): Draft => compact({ name, selector });

/** The target of a v2 metric from its v1 spelling; `current` for statuses, which have no type. */
const toTarget = (source: Draft, current: boolean): Draft => {
  const prefix = current ? 'current' : 'target';
  const target = compact({
    averageUtilization: source[`${prefix}AverageUtilization`],
    averageValue: source['averageValue'] ?? source[`${prefix}AverageValue`],
    value: source[`${prefix}Value`],
  });
  return current ? target : withType(target);
};

const toMetric = (metric: Draft, current: boolean): Draft => {
  const type = text(metric, 'type');
  const field = type.charAt(0).toLowerCase() + type.slice(1);
  const source = child(metric, field);
  if (!source) return { type };
  const target = { [current ? 'current' : 'target']: toTarget(source, current) };
  const { name, container } = source;
  if (type === 'Resource') return { type, resource: compact({ name, ...target }) };
  if (type === 'ContainerResource')
    return { type, containerResource: compact({ name, container, ...target }) };
  const selector = source[type === 'External' ? 'metricSelector' : 'selector'];
  const named = { metric: identifier(source['metricName'], selector), ...target };
  if (type !== 'Object') return { type, [field]: named };
  return { type, object: { describedObject: source['target'] ?? {}, ...named } };
};

/** The v1 spelling of a v2 metric or of a current one. */
const fromMetric = (metric: Draft, current: boolean): Draft => {
  const type = text(metric, 'type');
  const field = type.charAt(0).toLowerCase() + type.slice(1);
  const source = child(metric, field);
  if (!source) return { type };
  const prefix = current ? 'current' : 'target';
  const target = child(source, prefix) ?? {};
  const id = child(source, 'metric') ?? {};
  const value = { [`${prefix}Value`]: target['value'] };
  const average = { [`${prefix}AverageValue`]: target['averageValue'] };
  const share = { [`${prefix}AverageUtilization`]: target['averageUtilization'] };
  const { name, container } = source;
  const { name: metricName, selector } = id;
  const forms: Readonly<Record<string, Draft>> = {
    Resource: { name, ...share, ...average },
    ContainerResource: { name, ...share, ...average, container },
    Pods: { metricName, ...average, selector },
    External: { metricName, metricSelector: selector, ...value, ...average },
    Object: {
      target: source['describedObject'],
      metricName,
      [`${prefix}Value`]: target['value'] ?? '0',
      selector,
      averageValue: target['averageValue'],
    },
  };
  return { type, [field]: compact(forms[type] ?? {}) };
};

/** A CPU share, which v1 has a field for. */
const cpuShare = (metric: Draft, part: 'target' | 'current'): unknown => {
  const source = child(metric, 'resource');
  if (text(metric, 'type') !== 'Resource' || text(source, 'name') !== 'cpu') return undefined;
  return child(source, part)?.['averageUtilization'];
};

const parse = (annotations: Draft | undefined, name: string): unknown => {
  try {
    return JSON.parse(text(annotations, name)) as unknown;
  } catch {
    // Not ours to refuse: an annotation that is no JSON is dropped, as it cannot be shown in v2.
    return undefined;
  }
};

const parseList = (annotations: Draft | undefined, name: string): Draft[] =>
  items({ list: parse(annotations, name) }, 'list');

const dropAnnotations = (metadata: Draft): void => {
  const annotations = child(metadata, 'annotations');
  if (!annotations) return;
  for (const name of [METRICS, CURRENT, CONDITIONS, BEHAVIOR]) delete annotations[name];
  if (sizeOf(annotations) === 0) delete metadata['annotations'];
};

const cpuMetric = (part: 'target' | 'current', percent: unknown): Draft => ({
  type: 'Resource',
  resource: {
    name: 'cpu',
    [part]:
      part === 'target'
        ? { type: 'Utilization', averageUtilization: percent }
        : { averageUtilization: percent },
  },
});

const moveCpu = (
  holder: Draft,
  field: string,
  into: string,
  part: 'target' | 'current',
  others: Draft[],
): void => {
  const percent = holder[field];
  delete holder[field];
  const cpu = percent === undefined || percent === null ? [] : [cpuMetric(part, percent)];
  if (cpu.length + others.length > 0) holder[into] = [...cpu, ...others];
};

/** From autoscaling/v1 to the stored v2 form. */
export const hpaToV2 = (draft: Draft): void => {
  draft['apiVersion'] = 'autoscaling/v2';
  const metadata = ensure(draft, 'metadata');
  const annotations = child(metadata, 'annotations');
  const spec = ensure(draft, 'spec');
  const metrics = parseList(annotations, METRICS).map((metric) => toMetric(metric, false));
  moveCpu(spec, 'targetCPUUtilizationPercentage', 'metrics', 'target', metrics);
  const behavior = parse(annotations, BEHAVIOR);
  if (behavior !== undefined && behavior !== null) spec['behavior'] = behavior;
  const status = child(draft, 'status');
  const current = parseList(annotations, CURRENT).map((metric) => toMetric(metric, true));
  const conditions = parseList(annotations, CONDITIONS);
  if (status || current.length > 0 || conditions.length > 0) {
    const made = ensure(draft, 'status');
    moveCpu(made, 'currentCPUUtilizationPercentage', 'currentMetrics', 'current', current);
    if (conditions.length > 0) made['conditions'] = conditions;
  }
  dropAnnotations(metadata);
};

const takeMetrics = (holder: Draft, from: string, into: string, part: 'target' | 'current'): Draft[] => {
  const others: Draft[] = [];
  for (const metric of items(holder, from)) {
    const percent = cpuShare(metric, part);
    if (percent === undefined) others.push(fromMetric(metric, part === 'current'));
    else holder[into] = percent;
  }
  delete holder[from];
  return others;
};

/** From the stored v2 form to autoscaling/v1. */
export const hpaFromV2 = (draft: Draft): void => {
  draft['apiVersion'] = 'autoscaling/v1';
  const metadata = ensure(draft, 'metadata');
  dropAnnotations(metadata);
  const notes: Draft = {};
  const note = (name: string, value: unknown): void => {
    if (sizeOf(value) > 0) notes[name] = JSON.stringify(value);
  };
  const spec = ensure(draft, 'spec');
  note(METRICS, takeMetrics(spec, 'metrics', 'targetCPUUtilizationPercentage', 'target'));
  note(BEHAVIOR, spec['behavior']);
  delete spec['behavior'];
  const status = child(draft, 'status');
  if (status) {
    note(CURRENT, takeMetrics(status, 'currentMetrics', 'currentCPUUtilizationPercentage', 'current'));
    note(CONDITIONS, status['conditions']);
    delete status['conditions'];
  }
  if (sizeOf(notes) > 0) Object.assign(ensure(metadata, 'annotations'), notes);
};
