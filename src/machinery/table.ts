/** Tables: columns and rows of meta.k8s.io Table, as text pieces so that a list is one concatenation. */

/** A column without its cell: what `columnDefinitions` shows. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description?: string;
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

/** `columnDefinitions` as JSON text, fields in upstream's order. */
export const printColumns = (columns: readonly ColumnDefinition[]): string =>
  JSON.stringify(
    columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format,
      description: description ?? '',
      priority,
    })),
  );

/** One row as JSON text; `object` is JSON text, `null` for none. */
export const printRow = (
  cells: readonly Cell[],
  object: string,
  conditions: readonly object[] = [],
): string => {
  const told = conditions.length === 0 ? '' : `,"conditions":${JSON.stringify(conditions)}`;
  return `{"cells":${JSON.stringify(cells)}${told},"object":${object}}`;
};

/** A whole Table as JSON text. `columns` is `null` in all but the first frame of a watch. */
export const printTable = (
  version: string,
  metadata: string,
  columns: string,
  rows: readonly string[],
): string =>
  `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${metadata},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`;
