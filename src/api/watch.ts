/**
 * Watches: where they start, what they are sent first, and what they are owed later. There is no queue per
 * subscriber: a subscription is a cursor into the log.
 */

import { expired, makeStatus, StatusError } from '../machinery/status.ts';
import type { Target } from '../registry/contract.ts';
import { prefixOfKind } from '../registry/dependencies.ts';
import { parseRevision, tooLarge } from '../registry/list.ts';
import { CompactedError } from '../store/failures.ts';
import type { Revision } from '../store/reader.ts';
import type { CoreWatch, Drained, Subscription } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import {
  bookmarkFrame,
  errorFrame,
  eventFrame,
  type Frame,
  type Subscriber,
  subscriberOf,
  transitionOf,
} from './frames.ts';
import { type Form, MEDIA_TYPES } from './negotiate.ts';
import { type ListOptions, parseListOptions } from './options.ts';
import { parseIncludeObject } from './present.ts';
import { type Query, textOf } from './query.ts';

const MIN_TIMEOUT_SECONDS = 1800;
const BATCH = 500;

/** After this many revisions without a frame a bookmark tells the client how far it is. */
const BOOKMARK_DISTANCE = 200;

const bareError = (detail: string): StatusError => new StatusError(makeStatus(500, undefined, detail));

const subscriptionOf = (
  target: Target,
  form: Form,
  options: ListOptions,
  include: Subscription['includeObject'],
  cursor: Revision,
): Subscription => ({
  group: target.version.group,
  version: target.version.version,
  resource: target.kind.resource,
  namespace: target.namespace,
  ...(target.name === undefined ? {} : { name: target.name }),
  ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
  ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
  form: form.shape === 'table' ? 'table' : form.shape === 'object' ? 'object' : 'metadata',
  formVersion: form.version,
  ...(include === undefined ? {} : { includeObject: include }),
  encoding: form.encoding,
  bookmarks: options.allowWatchBookmarks,
  cursor,
});

/** The 410 a watch below the floor ends with. */
const tooOld = (asked: Revision, floor: Revision): StatusError =>
  expired(`too old resource version: ${asked} (${floor})`);

const prefixOf = ({ target }: Subscriber): string => prefixOfKind(target.kind, target.namespace);

/** Events for what exists now, in key order. */
const initialFrames = (deps: ApiDeps, subscriber: Subscriber): Frame[] => {
  const { target, selection, subscription } = subscriber;
  const frames: Frame[] = [];
  const { items } = deps.registry.list(
    { kind: target.kind, version: target.version, namespace: target.namespace },
    {},
  );
  for (const item of items) {
    if (!selection.all && !selection.matches(item.object)) continue;
    const columns = subscription.columnsSent !== true && frames.length === 0;
    frames.push(eventFrame(deps, subscriber, 'ADDED', item, columns));
  }
  return frames;
};

/** Frames by (revision, form): subscribers with the same form share them while the turn lasts. */
class FrameCache {
  #frames = new Map<string, Frame>();
  #revision = -1;

  get(revision: Revision, current: Revision, id: string, make: () => Frame): Frame {
    if (current !== this.#revision || this.#frames.size > 5000) {
      this.#frames = new Map();
      this.#revision = current;
    }
    const key = `${revision}/${id}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#frames.set(key, made);
    return made;
  }
}

export interface Watcher {
  start(target: Target, form: Form, query: Query): CoreWatch;
  drain(subscription: Subscription): Drained;
}

/** Builds the watch side of the api. */
export const makeWatcher = (deps: ApiDeps): Watcher => {
  const cache = new FrameCache();

  const formId = ({ subscription: s }: Subscriber): string =>
    `${s.group}/${s.version}/${s.form}/${s.formVersion ?? ''}/${s.includeObject ?? ''}/${s.encoding}`;

  const owed = (subscriber: Subscriber, from: Revision): { frames: Frame[]; cursor: Revision } => {
    const prefix = prefixOf(subscriber);
    const current = deps.store.revision();
    const id = formId(subscriber);
    const table = subscriber.subscription.form === 'table';
    let columns = table && subscriber.subscription.columnsSent !== true;
    const frames: Frame[] = [];
    let cursor = from;
    while (cursor < current) {
      const changes = deps.store.changes(cursor, { prefix, limit: BATCH });
      for (const change of changes) {
        cursor = change.revision;
        const event = transitionOf(deps, subscriber, change);
        if (event === undefined) continue;
        const { type, row } = event;
        const shared = columns ? `${id}/columns` : id;
        const variant = `${type}/${row === change ? '' : 'previous'}/${shared}`;
        const first = columns;
        frames.push(
          cache.get(change.revision, current, variant, () => eventFrame(deps, subscriber, type, row, first)),
        );
        columns = false;
      }
      if (changes.length === 0) break;
    }
    return { frames, cursor: Math.max(cursor, current, from) };
  };

  const drain = (subscription: Subscription): Drained => {
    const subscriber = subscriberOf(deps.catalog, subscription);
    if (subscriber === undefined) return { frames: [], subscription, ended: true };
    try {
      const { frames, cursor } = owed(subscriber, subscription.cursor);
      if (
        frames.length === 0 &&
        subscription.bookmarks &&
        cursor - subscription.cursor >= BOOKMARK_DISTANCE
      ) {
        return {
          frames: [bookmarkFrame(subscriber, cursor, false)],
          subscription: { ...subscription, cursor },
          ended: false,
        };
      }
      // The cursor moves over what does not concern the subscriber, too: the floor must not overtake it.
      const columnsSent = subscription.columnsSent === true || frames.length > 0;
      return {
        frames,
        subscription: {
          ...subscription,
          cursor,
          ...(subscription.form === 'table' && columnsSent ? { columnsSent } : {}),
        },
        ended: false,
      };
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      const { status } = tooOld(subscription.cursor, deps.store.floor());
      return { frames: [errorFrame(subscription, status)], subscription, ended: true };
    }
  };

  const begin = (subscriber: Subscriber, options: ListOptions): { frames: Frame[]; cursor: Revision } => {
    const current = deps.store.revision();
    const asked = options.resourceVersion ?? '';
    const start = asked === '' ? 0 : parseRevision(asked, bareError);
    // A watch from nowhere is one that sends what exists, and says when it has (SetListOptionsDefaults, 1.36).
    if (options.sendInitialEvents ?? start === 0) {
      if (start > current) throw tooLarge(start, current);
      const frames = initialFrames(deps, subscriber);
      if (options.allowWatchBookmarks) frames.push(bookmarkFrame(subscriber, current, true));
      return { frames, cursor: current };
    }
    if (start === 0) return { frames: [], cursor: current };
    const { frames, cursor } = owed(subscriber, start);
    if (options.allowWatchBookmarks && start <= current) {
      frames.push(bookmarkFrame(subscriber, current, false));
    }
    return { frames, cursor };
  };

  const start = (target: Target, form: Form, query: Query): CoreWatch => {
    const options = parseListOptions(query, true);
    const include = form.shape === 'table' ? parseIncludeObject(textOf(query, 'includeObject')) : undefined;
    const plain = subscriptionOf(target, form, options, include, 0);
    const subscriber = subscriberOf(deps.catalog, plain);
    if (subscriber === undefined) throw new Error(`${target.kind.resource} vanished during a request`);
    const type = MEDIA_TYPES[form.encoding];
    const contentType = form.encoding === 'protobuf' ? `${type};stream=watch` : type;
    const headers = { 'Cache-Control': 'no-cache, private', 'Content-Type': contentType };
    const asked = options.timeoutSeconds ?? 0;
    const timeoutSeconds =
      asked > 0 ? asked : MIN_TIMEOUT_SECONDS + deps.random('watch-timeout', MIN_TIMEOUT_SECONDS);
    try {
      const { frames, cursor } = begin(subscriber, options);
      const columnsSent = plain.form === 'table' && frames.length > 0;
      const subscription = { ...plain, cursor, ...(columnsSent ? { columnsSent } : {}) };
      return { kind: 'watch', headers, frames, subscription, timeoutSeconds };
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      const { status } = tooOld(error.revision, deps.store.floor());
      const frames = [errorFrame(plain, status)];
      return { kind: 'watch', headers, frames, subscription: plain, timeoutSeconds: 0 };
    }
  };

  return { start, drain };
};
