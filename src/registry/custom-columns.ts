/** Printer columns of custom kinds (apiextensions-apiserver pkg/registry/customresource/tableconvertor). */

import type { Cell, Column } from '../kinds/define.ts';
import { printAge } from '../machinery/duration.ts';
import { readGoTime } from '../machinery/go-time.ts';
import { findJsonPath, parseJsonPath, printJsonPathValue } from '../machinery/json-path.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type Instant, parseTime } from '../machinery/time.ts';

/** A column as a definition states it. */
export interface ColumnProps {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

const NAME_PROSE =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';

const AGE_PROSE =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_PROSE,
  priority: 0,
  cell: (object) => object.metadata.name ?? '',
};

const defaults: readonly ColumnProps[] = [
  { name: 'Age', type: 'date', description: AGE_PROSE, jsonPath: '.metadata.creationTimestamp' },
];

const dateCell = (value: unknown, now: Instant): Cell => {
  if (typeof value !== 'string') return null;
  const read = readGoTime(value);
  return read.ok ? printAge(parseTime(read.value), now) : '<invalid>';
};

const cellOf = (type: string, value: unknown, now: Instant): Cell => {
  if (type === 'string') return printJsonPathValue(value);
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return dateCell(value, now);
    default:
      return null;
  }
};

const columnOf = (props: ColumnProps): Column => {
  const path = parseJsonPath(props.jsonPath);
  return {
    name: props.name,
    type: props.type as Column['type'],
    format: props.format ?? '',
    description:
      props.description || `Custom resource definition column (in JSONPath format): ${props.jsonPath}`,
    priority: props.priority ?? 0,
    cell: (object: KubeObject, now) => {
      const found = path.ok ? findJsonPath(path.value, object) : [];
      return found.length === 0 ? null : cellOf(props.type, found[0], now);
    },
  };
};

/** Columns of a version: the name, then what the definition states, or the age. */
export const customColumns = (stated: readonly ColumnProps[] | undefined): readonly Column[] => [
  nameColumn,
  ...(stated === undefined || stated.length === 0 ? defaults : stated).map(columnOf),
];
