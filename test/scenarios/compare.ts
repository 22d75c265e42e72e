/** Comparing a run with a recording: sequences of states per object, and the set of Events. */

import type { Aliases } from './aliases.ts';
import type { RecordedObject, WatchEvent } from './recording.ts';

/** One state of an object as it is compared: canonical JSON, or `DELETED`. */
export type State = string;

const TIME = /"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|t[+-]\d+ms)"/g;

const compared = ['status', 'data', 'rules', 'endpoints', 'ports', 'subsets', 'addressType', 'revision'];
const metadata = ['deletionTimestamp', 'finalizers', 'ownerReferences', 'labels', 'annotations'];

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, sortKeys(record[key])]),
  );
};

const pick = (
  from: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const field of fields) if (from[field] !== undefined) result[field] = from[field];
  return result;
};

const byType = (a: unknown, b: unknown): number => {
  const types = [a, b].map((it) => String((it as Record<string, unknown>)['type']));
  return (types[0] ?? '') < (types[1] ?? '') ? -1 : 1;
};

const byJson = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Compared metadata without annotations of the simulator itself. */
const ownMetadata = (object: RecordedObject): Record<string, unknown> => {
  const kept = pick(object.metadata, metadata);
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(
    ([key]) => !key.startsWith('kubicle.dev/'),
  );
  if (annotations.length === 0) delete kept['annotations'];
  else kept['annotations'] = Object.fromEntries(annotations);
  return kept;
};

/** What of an object is compared. Order of conditions and endpoints is not; times are masked. */
export const stateOf = (resource: string, object: RecordedObject): State => {
  const kept: Record<string, unknown> = pick(object, compared);
  if (resource === 'ipaddresses' || resource === 'services') delete kept['status'];
  const status = kept['status'] as Record<string, unknown> | undefined;
  if (status !== undefined && Array.isArray(status['conditions'])) {
    kept['status'] = {
      ...status,
      conditions: [...(status['conditions'] as unknown[])].map(sortKeys).sort(byType),
    };
  }
  const uncounted = (kept['status'] as Record<string, unknown> | undefined)?.['uncountedTerminatedPods'];
  if (uncounted !== undefined) {
    const sorted = Object.entries(uncounted as object).map(([list, uids]) => [
      list,
      [...(uids as string[])].sort(),
    ]);
    kept['status'] = { ...(kept['status'] as object), uncountedTerminatedPods: Object.fromEntries(sorted) };
  }
  for (const list of ['endpoints', 'ports']) {
    const items = kept[list];
    if (Array.isArray(items)) kept[list] = [...(items as unknown[])].map(sortKeys).sort(byJson);
  }
  const text = JSON.stringify(sortKeys({ ...kept, metadata: ownMetadata(object) }));
  return text
    .replace(/,?"resourceVersion":"\d+"/g, '')
    .replace(/-----BEGIN[^"]*-----END[^"]*?-----(?:\\n)?/g, '$$pem')
    .replace(/"LS0tLS1CRUdJTi[A-Za-z0-9+/=]*"/g, '"$$b64pem"')
    .replace(/"ZXlK[A-Za-z0-9+/=]*"/g, '"$$token"')
    .replace(TIME, '"<t>"')
    .replace(/\$(?:cip|cipx|np|cidr|v)\d+/g, '<$>');
};

/** Appends a state unless it equals the last one. */
export const append = (sequence: State[], state: State): void => {
  if (sequence.at(-1) !== state) sequence.push(state);
};

/** Sequences of states by `resource/namespace/name`, and Events by text with their last count. */
export interface History {
  readonly objects: ReadonlyMap<string, readonly State[]>;
  readonly events: ReadonlyMap<string, number>;
}

const eventText = (object: RecordedObject): string => {
  const about = (object['involvedObject'] ?? object['regarding']) as { kind?: string; name?: string };
  const series = object['series'] as { count?: number } | undefined;
  void series;
  return `${about.kind}/${about.name} ${String(object['type'])} ${String(object['reason'])} ${String(object['message'])}`;
};

const skipped = new Set(['events', 'leases']);

/** Which of equal nodes gets a pod is not settled: their names and addresses are masked. */
const nodeMask = (nodes: readonly string[]) => {
  const names = new RegExp(`(?<=[" ])(?:${nodes.join('|')})(?=[" ]|$)`, 'g');
  return (text: string): string => {
    const masked = nodes.length === 0 ? text : text.replace(names, '<node>');
    return masked
      .replace(/(pods \\?"[^"\\]*-)(?:\$x|[a-z0-9]{5})(\\?" is forbidden)/g, '$1$$x$2')
      .replace(/192\.0\.2\.\d+/g, '<host>')
      .replace(/10\.244\.\d+\.\d+/g, '<ip>');
  };
};

/** Builds the history of a list of watch events; the names of `nodes` are masked. */
export const historyOf = (
  events: readonly WatchEvent[],
  nodes: readonly string[],
  aliases?: Aliases,
): History => {
  const mask = nodeMask(nodes);
  const objects = new Map<string, State[]>();
  const notes = new Map<string, Map<string, number>>();
  for (const event of events) {
    const name = aliases === undefined ? event.name : aliases.abstract(event.name);
    const key = `${event.resource}/${event.namespace ?? ''}/${name}`;
    const object =
      aliases === undefined
        ? event.object
        : (JSON.parse(aliases.abstract(JSON.stringify(event.object))) as RecordedObject);
    if (event.resource === 'events') {
      if (event.type === 'DELETED') continue;
      const text = mask(eventText(object));
      const byName = notes.get(text) ?? new Map<string, number>();
      byName.set(event.name, Number(object['count'] ?? 1));
      notes.set(text, byName);
      continue;
    }
    if (skipped.has(event.resource)) continue;
    const sequence = objects.get(key) ?? [];
    objects.set(key, sequence);
    append(sequence, event.type === 'DELETED' ? 'DELETED' : mask(stateOf(event.resource, object)));
  }
  const counts = [...notes].map(
    ([text, byName]) => [text, [...byName.values()].reduce((a, b) => a + b, 0)] as const,
  );
  return { objects, events: new Map(counts) };
};

/** How a run compares. */
export interface Verdict {
  readonly objects: number;
  readonly sameSequence: number;
  /** Same last state, another way there. */
  readonly otherWay: readonly string[];
  readonly otherEnd: readonly string[];
  readonly events: number;
  readonly sameEvents: number;
  readonly missingEvents: readonly string[];
  readonly extraEvents: readonly string[];
}

/** Compares two histories; `actual` must be in the recording's names. Counts of Events need not be equal. */
export const compare = (recorded: History, actual: History): Verdict => {
  let sameSequence = 0;
  const otherWay: string[] = [];
  const otherEnd: string[] = [];
  for (const [key, sequence] of recorded.objects) {
    const mine = actual.objects.get(key) ?? [];
    if (sequence.length === mine.length && sequence.every((state, index) => state === mine[index]))
      sameSequence += 1;
    else if (sequence.at(-1) === mine.at(-1)) otherWay.push(key);
    else otherEnd.push(key);
  }
  const missingEvents = [...recorded.events.keys()].filter((text) => !actual.events.has(text));
  const extraEvents = [...actual.events.keys()].filter((text) => !recorded.events.has(text));
  return {
    objects: recorded.objects.size,
    sameSequence,
    otherWay,
    otherEnd,
    events: recorded.events.size,
    sameEvents: recorded.events.size - missingEvents.length,
    missingEvents,
    extraEvents,
  };
};
