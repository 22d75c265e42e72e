/**
 * How a stored row looks to a client: the object at the version asked for, its metadata alone, or a Table row.
 * Texts of stored rows are used as they are wherever the form allows it.
 */

import { ageColumn, column, nameColumn } from '../kinds/common/columns.ts';
import type { Column, Kind, ServedVersion } from '../kinds/define.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { cloneJson, cloneObject } from '../machinery/deep.ts';
import { printGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { badRequest, makeStatus, StatusError } from '../machinery/status.ts';
import { type Cell, printColumns, printRow, printTable } from '../machinery/table.ts';
import type { Instant } from '../machinery/time.ts';
import type { Target } from '../registry/contract.ts';
import type { Form } from './negotiate.ts';

/** A row with its text: a stored one, or what a dry run would store. */
export interface Row {
  readonly object: KubeObject;
  readonly text: string;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** True when the version shows objects other than as they are stored. */
const converts = (kind: Kind, version: ServedVersion): boolean =>
  version.fromStorage !== undefined ||
  (kind.custom === true && version.version !== kind.storageVersion && version.convert === undefined);

/** Rows of a version that a webhook converts, converted together; others as they are. Throws what conversion does. */
const convertedRows = ({ version, subresource }: Target, rows: readonly Row[]): readonly Row[] => {
  if (version.convert === undefined || subresource === 'scale' || rows.length === 0) return rows;
  const drafts = version.convert(
    rows.map(({ object }) => object as unknown as Draft),
    false,
  );
  return drafts.map((draft) => ({ object: draft as unknown as KubeObject, text: JSON.stringify(draft) }));
};

/** The object at a version as a mutable copy. */
export const convertFromStorage = (object: KubeObject, version: ServedVersion): Draft => {
  const draft = cloneObject(object) as unknown as Draft;
  if (version.convert !== undefined) return cloneJson(version.convert([draft], false)[0] ?? draft) as Draft;
  version.fromStorage?.(draft);
  draft['apiVersion'] = printGroupVersion(version);
  // A built-in conversion gives fields; what this version always shows is its canonical form's to say.
  return version.fromStorage === undefined ? draft : toCanonical(draft, version.schema);
};

/** Text of one item inside a typed list: without type for built-in kinds, with it for custom ones. */
const itemText = (target: Target, row: Row): string => {
  const { kind, version } = target;
  if (!converts(kind, version)) return row.text;
  const draft = convertFromStorage(row.object, version);
  if (kind.custom === true) return JSON.stringify(draft);
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = draft;
  return JSON.stringify(rest);
};

const HEADS = new Map<string, string>();

const typeHead = (kind: string, apiVersion: string): string => {
  const id = `${apiVersion}/${kind}`;
  const known = HEADS.get(id) ?? `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)}`;
  HEADS.set(id, known);
  return known;
};

/** Whole text of one object, with kind and apiVersion, no final newline. */
export const objectText = (target: Target, row: Row): string => {
  const { kind, version } = target;
  if (target.subresource === 'scale') return row.text;
  const text = itemText(target, row);
  if (kind.custom === true) return text;
  return `${typeHead(kind.kind, printGroupVersion(version))},${text.slice(1)}`;
};

const metadataText = (object: KubeObject, version: string): string =>
  `${typeHead('PartialObjectMetadata', `meta.k8s.io/${version}`)},"metadata":${JSON.stringify(object.metadata)}}`;

/** Reads `includeObject`; throws 400 for anything upstream does not know. */
export const parseIncludeObject = (text: string): IncludeObject => {
  if (text === '' || text === 'Metadata') return 'Metadata';
  if (text === 'None' || text === 'Object') return text;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
};

const replicasAt = (part: 'spec' | 'status') => (object: KubeObject) => {
  const value = (object as unknown as Record<string, { readonly replicas?: number } | undefined>)[part];
  return value?.replicas ?? 0;
};

/** Upstream: printScale in pkg/printers/internalversion/printers.go. */
const SCALE_COLUMNS: readonly Column[] = [
  nameColumn,
  column('Desired', 'integer', replicasAt('spec')),
  column('Available', 'integer', replicasAt('status')),
  ageColumn,
];

/** Columns of a target's tables. */
export const columnsOf = (target: Target): readonly Column[] =>
  target.subresource === 'scale' ? SCALE_COLUMNS : (target.version.columns ?? target.kind.columns);

const COLUMN_TEXTS = new WeakMap<readonly Column[], string>();

/** `columnDefinitions` of a target, computed once. */
export const columnsText = (target: Target): string => {
  const columns = columnsOf(target);
  const known = COLUMN_TEXTS.get(columns) ?? printColumns(columns);
  COLUMN_TEXTS.set(columns, known);
  return known;
};

const includedText = (target: Target, row: Row, include: IncludeObject, version: string): string => {
  if (include === 'None') return 'null';
  return include === 'Object' ? objectText(target, row) : metadataText(row.object, version);
};

/** One Table row. */
export const rowText = (
  target: Target,
  row: Row,
  include: IncludeObject,
  version: string,
  now: Instant,
): string => {
  const cells: Cell[] = columnsOf(target).map((column) => column.cell(row.object, now));
  const conditions = target.subresource === undefined ? (target.kind.rowConditions?.(row.object) ?? []) : [];
  return printRow(cells, includedText(target, row, include, version), conditions);
};

/** A listing's metadata as JSON text. Revision 0 stands for none. */
export const listMetadata = (list: {
  readonly revision: number;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}): string => {
  const rest =
    list.continue === undefined
      ? ''
      : `,"continue":${JSON.stringify(list.continue)}${list.remainingItemCount === undefined ? '' : `,"remainingItemCount":${list.remainingItemCount}`}`;
  return list.revision === 0 ? '{}' : `{"resourceVersion":"${list.revision}"${rest}}`;
};

/** Text of one object in a form. Throws 406 for a list form of what is no list. */
export const presentObject = (
  target: Target,
  given: Row,
  form: Form,
  include: () => IncludeObject,
  now: Instant,
): string => {
  const [row = given] = convertedRows(target, [given]);
  switch (form.shape) {
    case 'object':
      return `${objectText(target, row)}\n`;
    case 'metadata':
      return `${metadataText(row.object, form.version)}\n`;
    case 'metadata-list':
      throw notList('you requested PartialObjectMetadataList, but the requested object is not a list');
    case 'table': {
      const metadata = `{"resourceVersion":${JSON.stringify(row.object.metadata.resourceVersion ?? '')}}`;
      const rows = [rowText(target, row, include(), form.version, now)];
      return `${printTable(form.version, metadata, columnsText(target), rows)}\n`;
    }
    default:
      return form.shape satisfies never;
  }
};

const notList = (message: string): StatusError =>
  new StatusError(makeStatus(406, 'NotAcceptable', message, {}));

/** Text of a list in a form. Throws 406 for a single-object form. */
export const presentList = (
  target: Target,
  given: readonly Row[],
  metadata: string,
  form: Form,
  include: () => IncludeObject,
  now: Instant,
): string => {
  const { kind, version } = target;
  const rows = convertedRows(target, given);
  switch (form.shape) {
    case 'object': {
      const texts = converts(kind, version) ? rows.map((row) => itemText(target, row)) : rows.map(textOf);
      const head = typeHead(kind.listKind, printGroupVersion(version));
      return `${head},"metadata":${metadata},"items":[${texts.join(',')}]}\n`;
    }
    case 'metadata':
      throw notList('you requested PartialObjectMetadata, but the requested object is a list');
    case 'metadata-list': {
      const head = typeHead('PartialObjectMetadataList', `meta.k8s.io/${form.version}`);
      const texts = rows.map((row) => metadataText(row.object, form.version));
      return `${head},"metadata":${metadata},"items":[${texts.join(',')}]}\n`;
    }
    case 'table': {
      const included = include();
      const { rowOrder } = kind;
      const shown =
        rowOrder === undefined ? rows : [...rows].sort((left, right) => rowOrder(left.object, right.object));
      const texts = shown.map((row) => rowText(target, row, included, form.version, now));
      return `${printTable(form.version, metadata, columnsText(target), texts)}\n`;
    }
    default:
      return form.shape satisfies never;
  }
};

const textOf = (row: Row): string => row.text;
