/** Autoscalers in tables (upstream: formatHPAMetrics, 1.36). */

import { echoQuantity, quantityOf } from '../../machinery/quantity.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import type { Column } from '../define.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../generated/types.ts';

const MAX_SHOWN = 2;
const UNKNOWN = '<unknown>';

/** An amount that is not there reads as Go prints a nil pointer. */
const print = (value: string | undefined): string =>
  value === undefined ? '<nil>' : echoQuantity(quantityOf(value));

/** A metric that may be a total or an average over pods. */
const printTotal = (target: MetricTarget, current: MetricValueStatus | undefined): string => {
  if (target.averageValue !== undefined) {
    const now = current?.averageValue === undefined ? UNKNOWN : print(current.averageValue);
    return `${now}/${print(target.averageValue)} (avg)`;
  }
  return `${current === undefined ? UNKNOWN : print(current.value)}/${print(target.value)}`;
};

/** A resource metric: an amount, or a share of what was asked for. */
const printResource = (
  name: string,
  target: MetricTarget,
  current: MetricValueStatus | undefined,
): string => {
  if (target.averageValue !== undefined) {
    return `${name}: ${current === undefined ? UNKNOWN : print(current.averageValue)}/${print(target.averageValue)}`;
  }
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  const goal = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return `${name}: ${now}/${goal}`;
};

const printMetric = (spec: MetricSpec, status: MetricStatus | undefined): string => {
  if (spec.type === 'External' && spec.external)
    return printTotal(spec.external.target, status?.external?.current);
  if (spec.type === 'Object' && spec.object) return printTotal(spec.object.target, status?.object?.current);
  if (spec.type === 'Pods' && spec.pods) {
    const current = status?.pods?.current;
    return `${current === undefined ? UNKNOWN : print(current.averageValue)}/${print(spec.pods.target.averageValue)}`;
  }
  if (spec.type === 'Resource' && spec.resource) {
    return printResource(spec.resource.name, spec.resource.target, status?.resource?.current);
  }
  if (spec.type === 'ContainerResource' && spec.containerResource) {
    const { name, target } = spec.containerResource;
    return printResource(name, target, status?.containerResource?.current);
  }
  return '<unknown type>';
};

const printMetrics = (object: HorizontalPodAutoscaler): string => {
  const specs = object.spec?.metrics ?? [];
  if (specs.length === 0) return '<none>';
  const statuses = object.status?.currentMetrics ?? [];
  const all = specs.map((spec, index) => printMetric(spec, statuses[index]));
  const shown = all.slice(0, MAX_SHOWN).join(', ');
  return all.length > MAX_SHOWN ? `${shown} + ${all.length - MAX_SHOWN} more...` : shown;
};

const printReference = (object: HorizontalPodAutoscaler): string => {
  const target = object.spec?.scaleTargetRef;
  return `${target?.kind ?? ''}/${target?.name ?? ''}`;
};

const printMinimum = ({ spec }: HorizontalPodAutoscaler): string =>
  spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas);

export const hpaColumns: readonly Column[] = [
  nameColumn,
  column<HorizontalPodAutoscaler>('Reference', 'string', printReference),
  column<HorizontalPodAutoscaler>('Targets', 'string', printMetrics),
  column<HorizontalPodAutoscaler>('MinPods', 'string', printMinimum),
  column<HorizontalPodAutoscaler>('MaxPods', 'string', (object) => object.spec?.maxReplicas ?? 0),
  column<HorizontalPodAutoscaler>('Replicas', 'string', (object) => object.status?.currentReplicas ?? 0),
  ageColumn,
];
