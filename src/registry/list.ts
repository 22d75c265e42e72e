/** Lists: which revision they show, paging at that revision, selectors (apiserver storage/cacher and etcd3). */

import { badRequest, expired, makeStatus, StatusError } from '../machinery/status.ts';
import { CompactedError } from '../store/failures.ts';
import type { Reader, Revision, Stored } from '../store/reader.ts';
import { parseContinue, printContinue } from './continue-token.ts';
import type { Listed, ListQuery, Target } from './contract.ts';
import { prefixOfKind } from './dependencies.ts';
import { parseSelection, type Selection } from './selection.ts';

const BATCH = 500;

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
const VERSION_EXPIRED = 'The resourceVersion for the provided list is too old.';

/** Reads a resourceVersion; throws the plain Go parse error as `detail` decides. */
export const parseRevision = (text: string, fail: (detail: string) => Error): Revision => {
  const quoted = JSON.stringify(text);
  const prefix = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: `;
  if (!/^\d+$/.test(text)) throw fail(`${prefix}invalid syntax`);
  if (BigInt(text) > 18446744073709551615n) throw fail(`${prefix}value out of range`);
  return Number(text);
};

/** 504 for a revision that does not exist yet. */
export const tooLarge = (asked: Revision, current: Revision): StatusError =>
  new StatusError(
    makeStatus(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
    { 'Retry-After': '1' },
  );

interface Plan {
  /** The revision to read at; `undefined` is the newest. */
  readonly at: Revision | undefined;
  readonly revision: Revision;
  readonly after: string | undefined;
  readonly expired: () => StatusError;
}

const planFrom = (store: Reader, query: ListQuery): Plan => {
  const current = store.revision();
  const asked = query.resourceVersion ?? '';
  if (query.continue) {
    if (asked !== '' && asked !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const { revision, after } = parseContinue(query.continue);
    if (revision > current) throw tooLarge(revision, current);
    const gone = () => {
      const token = printContinue({ revision: -1, after });
      const status = expired(CONTINUE_EXPIRED).status;
      return new StatusError({ ...status, metadata: { continue: token } });
    };
    return revision === -1
      ? { at: undefined, revision: current, after, expired: gone }
      : { at: revision, revision, after, expired: gone };
  }
  const newest: Plan = {
    at: undefined,
    revision: current,
    after: undefined,
    expired: () => expired(VERSION_EXPIRED),
  };
  if (asked === '') return newest;
  const wanted = parseRevision(asked, (detail) => badRequest(`invalid resource version: ${detail}`));
  if (wanted > current) throw tooLarge(wanted, current);
  const match = query.resourceVersionMatch;
  const exact = match === 'Exact' || (match === undefined && (query.limit ?? 0) > 0 && wanted !== 0);
  return exact ? { ...newest, at: wanted, revision: wanted } : newest;
};

/** Live rows that an index narrows a whole list down to; absent when no index helps. */
const indexed = (
  store: Reader,
  { kind }: Target,
  prefix: string,
  plan: Plan,
  { fields, matches }: Selection,
): readonly Stored[] | undefined => {
  if (kind.fieldIndexes === undefined || plan.at !== undefined || plan.after !== undefined) return undefined;
  for (const { field, operator, value } of fields) {
    const index = kind.fieldIndexes[field];
    if (index === undefined || operator !== '=' || value === '') continue;
    const rows = store.lookup(index, value).filter(({ key }) => key.startsWith(prefix));
    return rows.filter((row) => matches(row.object));
  }
  return undefined;
};

const selected = (
  store: Reader,
  prefix: string,
  plan: Plan,
  limit: number,
  selection: Selection,
): { readonly items: Stored[]; readonly last: string | undefined; readonly more: boolean } => {
  const atRevision = plan.at === undefined ? {} : { at: plan.at };
  const items: Stored[] = [];
  let after = plan.after === undefined ? undefined : prefix + plan.after;
  const start = after;
  if (limit === 0) {
    const rows = store.scan(prefix, { ...(after === undefined ? {} : { after }), ...atRevision });
    return {
      items: selection.all ? rows : rows.filter((row) => selection.matches(row.object)),
      last: undefined,
      more: false,
    };
  }
  for (;;) {
    const wanted = selection.all ? limit - items.length : BATCH;
    const rows = store.scan(prefix, {
      ...(after === undefined ? {} : { after }),
      limit: wanted + 1,
      ...atRevision,
    });
    for (const row of rows.slice(0, wanted)) {
      if (items.length === limit) return { items, last: after ?? start, more: true };
      after = row.key;
      if (selection.all || selection.matches(row.object)) items.push(row);
    }
    if (rows.length <= wanted) return { items, last: after, more: false };
    if (items.length === limit) return { items, last: after, more: true };
  }
};

const byName = (store: Reader, key: string, plan: Plan, selection: Selection): readonly Stored[] => {
  const stored = store.get(key, plan.at);
  return stored !== undefined && selection.matches(stored.object) ? [stored] : [];
};

/** Translates a read below the floor; anything else passes. */
const whenCompacted = <Result>(plan: Plan, read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    if (error instanceof CompactedError) throw plan.expired();
    throw error;
  }
};

/** Lists a resource; throws 400, 410 and 504 as upstream words them. */
export const list = (store: Reader, target: Target, query: ListQuery): Listed => {
  const { kind, namespace } = target;
  const selection = parseSelection(kind, query.labelSelector, query.fieldSelector);
  const plan = planFrom(store, query);
  const limit = Math.max(0, query.limit ?? 0);
  const prefix = prefixOfKind(kind, namespace);
  if (selection.name !== undefined && (namespace !== '' || !kind.namespaced)) {
    const key = `${prefix}${selection.name}`;
    return { items: whenCompacted(plan, () => byName(store, key, plan, selection)), revision: plan.revision };
  }
  const narrowed = indexed(store, target, prefix, plan, selection);
  // What does not fit a page is walked through as any other list, so that its tokens mean the same.
  if (narrowed !== undefined && (limit === 0 || narrowed.length <= limit))
    return { items: narrowed, revision: plan.revision };
  return whenCompacted(plan, () => {
    const page = selected(store, prefix, plan, limit, selection);
    if (!page.more || page.last === undefined) return { items: page.items, revision: plan.revision };
    const next = printContinue({ revision: plan.revision, after: page.last.slice(prefix.length) });
    if (!selection.all) return { items: page.items, revision: plan.revision, continue: next };
    const remaining = store.count(prefix, {
      after: page.last,
      ...(plan.at === undefined ? {} : { at: plan.at }),
    });
    return { items: page.items, revision: plan.revision, continue: next, remainingItemCount: remaining };
  });
};
