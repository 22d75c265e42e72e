/** Frames of a watch: events in the form and encoding a subscription asked for, each encoded once. */

import type { Catalog } from '../kinds/catalog-contract.ts';
import { printGroupVersion } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Status } from '../machinery/status.ts';
import { printTable } from '../machinery/table.ts';
import type { Target } from '../registry/contract.ts';
import { parseSelection, type Selection } from '../registry/selection.ts';
import type { Change, Revision } from '../store/reader.ts';
import type { Subscription } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import { columnsText, objectText, type Row, rowText } from './present.ts';
import { toProtobufFrame } from './protobuf.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

export type Frame = string | Uint8Array;

/** A subscription with what it means resolved: the kind and the compiled selection. */
export interface Subscriber {
  readonly subscription: Subscription;
  readonly target: Target;
  readonly selection: Selection;
}

/** Resolves a subscription; `undefined` when its kind is gone. */
export const subscriberOf = (catalog: Catalog, subscription: Subscription): Subscriber | undefined => {
  const { group, version, resource, namespace, name } = subscription;
  const resolved = catalog.resource(group, version, resource);
  if (resolved === undefined) return undefined;
  const target = { ...resolved, namespace, ...(name === undefined ? {} : { name }) };
  const byName = name === undefined ? undefined : `metadata.name=${name}`;
  const fields = [byName, subscription.fieldSelector].filter((text) => text !== undefined).join(',');
  const selection = parseSelection(resolved.kind, subscription.labelSelector, fields || undefined);
  return { subscription, target, selection };
};

const frameOf = (subscription: Subscription, type: EventType, text: string): Frame => {
  if (subscription.encoding === 'protobuf') {
    const bytes = toProtobufFrame(type, JSON.parse(text) as object);
    if (bytes !== undefined) return bytes;
  }
  return `{"type":"${type}","object":${text}}\n`;
};

const formText = (
  deps: ApiDeps,
  { subscription, target }: Subscriber,
  row: Row,
  columns: boolean,
): string => {
  if (subscription.form === 'object') return objectText(target, row);
  const version = subscription.formVersion ?? 'v1';
  if (subscription.form === 'metadata') {
    return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(row.object.metadata)}}`;
  }
  const include = subscription.includeObject ?? 'Metadata';
  const text = rowText(target, row, include, version, deps.now());
  const metadata = `{"resourceVersion":${JSON.stringify(row.object.metadata.resourceVersion ?? '')}}`;
  return printTable(version, metadata, columns ? columnsText(target) : 'null', [text]);
};

/** One event about a row. `columns` is true for the first Table frame of a stream. */
export const eventFrame = (
  deps: ApiDeps,
  subscriber: Subscriber,
  type: EventType,
  row: Row,
  columns: boolean,
): Frame =>
  frameOf(subscriber.subscription, type, formText(deps, subscriber, shown(deps, subscriber, row), columns));

/** Custom objects have their schema's defaults in events, too; other functions of time are not watched. */
const shown = (deps: ApiDeps, { target: { kind } }: Subscriber, row: Row): Row => {
  if (kind.custom !== true || kind.project === undefined) return row;
  const object = kind.project(row.object, deps.now());
  return object === row.object ? row : { object, text: JSON.stringify(object) };
};

/** A bookmark at a revision; `initialEnd` marks the end of the initial events. */
export const bookmarkFrame = (
  { subscription, target }: Subscriber,
  revision: Revision,
  initialEnd: boolean,
): Frame => {
  const annotations = initialEnd ? ',"annotations":{"k8s.io/initial-events-end":"true"}' : '';
  const metadata = `{"resourceVersion":"${revision}"${annotations}}`;
  const version = subscription.formVersion ?? 'v1';
  if (subscription.form === 'table') {
    const text = printTable(version, `{"resourceVersion":"${revision}"}`, 'null', [
      `{"cells":[],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${metadata}}}`,
    ]);
    return frameOf(subscription, 'BOOKMARK', text);
  }
  const [kind, apiVersion] =
    subscription.form === 'metadata'
      ? ['PartialObjectMetadata', `meta.k8s.io/${version}`]
      : [target.kind.kind, printGroupVersion(target.version)];
  const text = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${metadata}}`;
  return frameOf(subscription, 'BOOKMARK', text);
};

/** An error event: the stream ends after it. */
export const errorFrame = (subscription: Subscription, status: Status): Frame =>
  frameOf(subscription, 'ERROR', JSON.stringify(status));

const inScope = ({ target }: Subscriber, object: KubeObject): boolean =>
  target.namespace === '' || object.metadata.namespace === target.namespace;

const stamped = (object: KubeObject, revision: Revision): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

/** What a change means to a selection: an event and the state it shows, or nothing. */
export const transitionOf = (
  deps: ApiDeps,
  subscriber: Subscriber,
  change: Change,
): { readonly type: EventType; readonly row: Row } | undefined => {
  const { selection } = subscriber;
  if (selection.all) {
    const type = change.op === 'create' ? 'ADDED' : change.op === 'update' ? 'MODIFIED' : 'DELETED';
    return { type, row: change };
  }
  if (!inScope(subscriber, change.object)) return undefined;
  const { previous } = change;
  const before = change.op !== 'create' && previous !== undefined && selection.matches(previous);
  const after = change.op !== 'delete' && selection.matches(change.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', row: change };
  if (!before) return undefined;
  if (change.op === 'delete') return { type: 'DELETED', row: change };
  // Leaving the selection shows the state before, at the revision of the change.
  const object = stamped(previous, change.revision);
  return { type: 'DELETED', row: { object, text: deps.codec.encode(change.key, object) } };
};
