/** Columns of metrics as metrics-server prints them. */

import { addQuantity, printQuantity, quantityOf } from '../../machinery/quantity.ts';
import { column, nameColumn } from '../common/columns.ts';
import type { Column } from '../define.ts';
import type { NodeMetrics, PodMetrics } from '../generated/types.ts';

const usageOf = (object: NodeMetrics | PodMetrics, resource: string): string => {
  if (!('containers' in object)) return object.usage[resource] ?? '';
  const sum = object.containers
    .map(({ usage }) => quantityOf(usage[resource] ?? '0'))
    .reduce((left, right) => addQuantity(left, right), quantityOf('0'));
  return resource === 'memory' ? `${Number(sum.nano / 1_000_000_000n) / 1024}Ki` : printQuantity(sum);
};

/** Name, both resources and the window of the sample. */
export const metricsColumns: readonly Column[] = [
  nameColumn,
  column<NodeMetrics | PodMetrics>('cpu', 'string', (object) => usageOf(object, 'cpu')),
  column<NodeMetrics | PodMetrics>('memory', 'string', (object) => usageOf(object, 'memory')),
  column<NodeMetrics | PodMetrics>('Window', 'string', (object) => object.window),
];
