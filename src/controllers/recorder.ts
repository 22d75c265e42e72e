import type { Event, ObjectReference } from '../kinds/generated/types.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type Instant, parseTime, printMicroTime, printTime } from '../machinery/time.ts';
import type { EventNote } from './contract.ts';

/** Reads and writes of Events that the recorder needs. `create` and `update` take whole objects. */
export interface EventStore {
  /** Events about an object: by its uid, or `namespace/name` where they tell none. */
  involving(object: string): readonly Event[];
  create(event: Event): void;
  update(event: Event): void;
}

export interface Recording {
  readonly regarding: KubeObject;
  readonly note: EventNote;
  readonly component: string;
  readonly now: Instant;
  /** Grows with every write; orders the names of events made in one millisecond. */
  readonly sequence: number;
}

/** Similar events (all but the message equal) within this time are counted for aggregation. */
const AGGREGATION_MS = 600_000;
/** From this many different messages on, they are shown as one combined event. */
const AGGREGATION_MESSAGES = 10;
/** A source may record this many events about one object at once ... */
const SPAM_BURST = 25;
/** ... and then one more in each of these. */
const SPAM_REFILL_MS = 300_000;
/** How long an events.k8s.io series stays open without a repeat. */
const SERIES_MS = 360_000;
/** How a time that is not set is stored. Events are built in the form they are stored in. */
const NO_TIME = null as unknown as string;
const COMBINED = '(combined from similar events): ';

const referenceTo = (object: KubeObject, fieldPath: string | undefined): ObjectReference => {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(uid ? { uid } : {}),
    apiVersion: object.apiVersion,
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(fieldPath ? { fieldPath } : {}),
  };
};

/**
 * Events are named after their object and a time in nanoseconds, in hex, so that name order is time order; below the
 * millisecond the write sequence takes the clock's place.
 */
const makeName = ({ regarding, now, sequence }: Recording): string =>
  `${regarding.metadata.name}.${(BigInt(now) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16)}`;

/** Events about cluster-scoped objects live in `default`. */
const namespaceOf = (object: KubeObject): string => object.metadata.namespace || 'default';

const lastSeen = (event: Event): Instant =>
  parseTime(event.lastTimestamp ?? event.series?.lastObservedTime ?? event.eventTime ?? '') ?? 0;

const firstSeen = (event: Event): Instant => parseTime(event.firstTimestamp ?? event.eventTime ?? '') ?? 0;

/**
 * Records what happened to an object, as upstream's recorders do: repeats raise a count, many similar events are
 * combined, and a source that floods is throttled (client-go tools/record and tools/events, 1.36). All state is
 * read back from the stored Events, so nothing is lost with memory.
 */
export const recordEvent = (store: EventStore, recording: Recording): void => {
  if (recording.note.action === undefined) recordCore(store, recording);
  else recordSeries(store, recording, recording.note.action);
};

const involvedKey = ({ metadata: { uid, namespace = '', name = '' } }: KubeObject): string =>
  uid || `${namespace}/${name}`;

const recordCore = (store: EventStore, recording: Recording): void => {
  const { note, component, now } = recording;
  const fromSource = store
    .involving(involvedKey(recording.regarding))
    .filter(
      (event) => event.source?.component === component && (event.source.host ?? '') === (note.host ?? ''),
    );
  if (isSpam(fromSource, now)) return;

  const similar = fromSource.filter(
    (event) =>
      event.type === note.type &&
      event.reason === note.reason &&
      (event.involvedObject.fieldPath ?? '') === (note.fieldPath ?? ''),
  );
  const recent = similar.filter((event) => now - lastSeen(event) <= AGGREGATION_MS);
  const messages = new Set(recent.map((event) => event.message));
  const isKnown = messages.has(note.message);
  const combined = recent.find((event) => event.message?.startsWith(COMBINED) === true);
  // A message that is known is counted on, however many others there are.
  const isFlood = !isKnown && (combined !== undefined || messages.size + 1 >= AGGREGATION_MESSAGES);

  const repeated = isFlood ? combined : similar.find((event) => event.message === note.message);
  const message = isFlood ? `${COMBINED}${note.message}` : note.message;
  if (repeated !== undefined) {
    store.update({
      ...repeated,
      message,
      count: (repeated.count ?? 0) + 1,
      lastTimestamp: printTime(now),
      ...(isFlood ? { reportingComponent: '', reportingInstance: '' } : {}),
    });
    return;
  }
  // In the form it is stored in: fields in their order, none that is empty.
  store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: makeName(recording), namespace: namespaceOf(recording.regarding) },
    involvedObject: referenceTo(recording.regarding, note.fieldPath),
    reason: note.reason,
    ...(message === '' ? {} : { message }),
    source: { component, ...(note.host ? { host: note.host } : {}) },
    firstTimestamp: printTime(now),
    lastTimestamp: printTime(now),
    count: 1,
    type: note.type,
    eventTime: NO_TIME,
    reportingComponent: isFlood ? '' : component,
    reportingInstance: isFlood ? '' : (note.host ?? ''),
  });
};

/** True when the source has used up its burst and what has been refilled since its first event. */
const isSpam = (fromSource: readonly Event[], now: Instant): boolean => {
  if (fromSource.length === 0) return false;
  const recorded = fromSource.reduce((sum, event) => sum + (event.count ?? 1), 0);
  const since = Math.min(...fromSource.map(firstSeen));
  return recorded >= SPAM_BURST + Math.floor((now - since) / SPAM_REFILL_MS);
};

/**
 * The events.k8s.io recorder: a repeat about the very same state of the object opens a series; later repeats are
 * only counted in memory upstream, so they write nothing here.
 */
const recordSeries = (store: EventStore, recording: Recording, action: string): void => {
  const { note, component, now, regarding } = recording;
  const repeated = store
    .involving(involvedKey(regarding))
    .find(
      (event) =>
        event.reportingComponent === component &&
        event.action === action &&
        event.reason === note.reason &&
        event.type === note.type &&
        event.involvedObject.resourceVersion === regarding.metadata.resourceVersion &&
        now - lastSeen(event) <= SERIES_MS,
    );
  if (repeated !== undefined) {
    if (repeated.series === undefined) {
      store.update({ ...repeated, series: { count: 2, lastObservedTime: printMicroTime(now) } });
    }
    return;
  }
  store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: makeName(recording), namespace: namespaceOf(regarding) },
    involvedObject: referenceTo(regarding, note.fieldPath),
    reason: note.reason,
    ...(note.message === '' ? {} : { message: note.message }),
    source: {},
    firstTimestamp: NO_TIME,
    lastTimestamp: NO_TIME,
    type: note.type,
    eventTime: printMicroTime(now),
    action,
    ...(note.related === undefined ? {} : { related: referenceTo(note.related, undefined) }),
    reportingComponent: component,
    reportingInstance: note.host ?? `${component}-${CONTROL_PLANE_HOST}`,
  });
};

/** Host name of the simulated control plane, as it shows in reporting instances. */
const CONTROL_PLANE_HOST = 'control-plane';
