/** Columns and cell texts that many kinds share (upstream: pkg/printers/internalversion/printers.go, 1.36). */

import { printAge } from '../../machinery/duration.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromLabelSelector, type LabelSelectorObject, printLabelSelector } from '../../machinery/selector.ts';
import { type Instant, parseTime } from '../../machinery/time.ts';
import type { Cell, Column } from '../define.ts';

/** A column over a kind's own type. `Type` is what the kind stores: the engine only hands in such objects. */
export const column = <Type extends KubeObject = KubeObject>(
  name: string,
  type: Column['type'],
  cell: (object: Type, now: Instant) => Cell,
  more: Partial<Pick<Column, 'format' | 'priority' | 'cellOnly'>> = {},
): Column => ({ name, type, format: '', priority: 0, cell: cell as Column['cell'], ...more });

/** A column that only `-o wide` shows. */
export const wideColumn = <Type extends KubeObject = KubeObject>(
  name: string,
  type: Column['type'],
  cell: (object: Type, now: Instant) => Cell,
): Column => column(name, type, cell, { priority: 1 });

/** The first column of almost every kind. */
export const nameColumn: Column = column('Name', 'string', (object) => object.metadata.name ?? '', {
  format: 'name',
});

/** How long ago an RFC 3339 time was; `<unknown>` when it is absent. */
export const printSince = (time: string | undefined, now: Instant): string =>
  printAge(time ? parseTime(time) : undefined, now);

/** Time since creation. */
export const ageColumn: Column = column('Age', 'string', (object, now) =>
  printSince(object.metadata.creationTimestamp, now),
);

/** What kinds without a printer of their own show. */
export const plainColumns: readonly Column[] = [
  nameColumn,
  column('Created At', 'date', (object) => object.metadata.creationTimestamp ?? null),
];

interface ContainerLike {
  readonly name?: string;
  readonly image?: string;
}

/** Names of containers, joined. */
export const containerNames = (containers: readonly ContainerLike[] | undefined): string =>
  (containers ?? []).map((container) => container.name ?? '').join(',');

/** Images of containers, joined. */
export const containerImages = (containers: readonly ContainerLike[] | undefined): string =>
  (containers ?? []).map((container) => container.image ?? '').join(',');

/** Labels as `a=b,c=d` in key order, `<none>` when there are none. */
export const printLabels = (labels: Readonly<Record<string, string>> | undefined): string => {
  const pairs = sortedPairs(labels);
  return pairs.length === 0 ? '<none>' : pairs.join(',');
};

const sortedPairs = (labels: Readonly<Record<string, string>> | undefined): string[] =>
  Object.entries(labels ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);

/** A label selector in key order; absent or empty gives `none`, an invalid one `<error>`. */
export const printSelector = (selector: LabelSelectorObject | undefined, none = '<none>'): string => {
  const terms = fromLabelSelector(selector);
  if (!terms.ok) return '<error>';
  return printLabelSelector(terms.value) || none;
};

interface Templated extends KubeObject {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly ContainerLike[] } };
    readonly selector?: unknown;
  };
}

/** Wide columns `Containers` and `Images` of a kind with a pod template at `spec.template`. */
export const templateColumns: readonly Column[] = [
  wideColumn<Templated>('Containers', 'string', (object) =>
    containerNames(object.spec?.template?.spec?.containers),
  ),
  wideColumn<Templated>('Images', 'string', (object) =>
    containerImages(object.spec?.template?.spec?.containers),
  ),
];

/** Wide column `Selector` of a kind with a label selector at `spec.selector`. */
export const selectorColumn: Column = wideColumn<Templated>('Selector', 'string', (object) =>
  printSelector(object.spec?.selector as LabelSelectorObject | undefined),
);

/** The first items joined by commas and how many more there are; upstream's `listWithMore`. */
export const printFirst = (all: readonly string[], max: number, none: string): string => {
  if (all.length > max) return `${all.slice(0, max).join(',')} + ${all.length - max} more...`;
  return all.join(',') || none;
};
