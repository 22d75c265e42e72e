/**
 * Replays of recorded exchanges: builds the request a case describes, normalises the answer as the recording was
 * normalised, and says where the two differ. Places that differ from run to run are compared by shape only.
 */

import { applyPatch, type Operation } from 'rfc6902';
import type { Harness, Reply } from './harness.ts';

/** A recorded request. `bodyFrom` names a manifest that is sent after the JSON patch `bodyPatch`. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bodyFrom?: string;
  readonly bodyPatch?: readonly unknown[];
}

/** Manifests by name, for `bodyFrom`. */
export type Manifests = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const repeated = (value: unknown): readonly [unknown, number] | undefined => {
  if (!isRecord(value) || Object.keys(value).length !== 1) return undefined;
  const pair = value['$repeat'];
  return Array.isArray(pair) && pair.length === 2 && typeof pair[1] === 'number'
    ? [pair[0], pair[1]]
    : undefined;
};

/**
 * Expands `{"$repeat": [x, n]}`: n times the text, n items of the list it stands in for, or n copies inside the
 * list it stands in.
 */
export const expand = (value: unknown): unknown => {
  const repeat = repeated(value);
  if (repeat !== undefined) {
    const [what, times] = repeat;
    if (typeof what === 'string') return what.repeat(times);
    return Array.from({ length: times }, () => structuredClone(expand(what)));
  }
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const inner = repeated(item);
      return inner === undefined || typeof inner[0] === 'string'
        ? [expand(item)]
        : (expand(item) as unknown[]);
    });
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item)]));
};

/** The body a recorded request sends; `undefined` when it sends none. */
export const bodyOf = (request: RecordedRequest, manifests: Manifests = {}): unknown => {
  if (request.bodyFrom === undefined) return expand(request.body);
  const manifest = manifests[request.bodyFrom];
  if (manifest === undefined) throw new Error(`no manifest ${request.bodyFrom}`);
  const body = structuredClone(manifest);
  const operations = expand(request.bodyPatch ?? []) as Operation[];
  const root = operations.find((operation) => operation.path === '' && 'value' in operation);
  if (root !== undefined && 'value' in root) return root.value;
  for (const problem of applyPatch(body, operations)) if (problem !== null) throw problem;
  return body;
};

const CONCRETE: Readonly<Record<string, string>> = {
  '<now>': '2026-01-01T00:00:00Z',
  '<uid>': '99999999-9999-4999-8999-999999999999',
  '<random>': 'xxxxx',
};

/**
 * A recorded object as something that can be sent: times and uids become concrete ones, addresses and ports that
 * the server allocates are left out.
 */
export const concrete = (value: unknown): unknown => {
  if (typeof value === 'string')
    return value.replace(/<(?:now|uid|random)>/g, (placeholder) => CONCRETE[placeholder] ?? placeholder);
  if (Array.isArray(value)) return value.filter((item) => !isAllocated(item)).map(concrete);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => !isAllocated(item) && !(Array.isArray(item) && item.some(isAllocated)))
      .map(([key, item]) => [key, concrete(item)]),
  );
};

const isAllocated = (value: unknown): boolean => value === '<clusterIP>' || value === '<nodePort>';

/** Sends a recorded request to a harness. */
export const send = (harness: Harness, request: RecordedRequest, manifests: Manifests = {}): Reply =>
  harness.request(request.method, request.path, {
    body: bodyOf(request, manifests),
    ...(request.headers === undefined ? {} : { headers: request.headers }),
  });

const OWN_UID = /^(\d)\1{7}-\1{4}-\1{4}-\1{4}-\1{11}/;
const REMOVED = new Set(['resourceVersion', 'creationTimestamp', 'selfLink', 'managedFields']);

const normaliseMetadata = (metadata: Readonly<Record<string, unknown>>, keep: ReadonlySet<string>): unknown =>
  Object.fromEntries(
    Object.entries(metadata)
      .filter(([key, value]) => {
        if (keep.has(key)) return true;
        if (key === 'uid') return typeof value === 'string' && OWN_UID.test(value);
        return !REMOVED.has(key);
      })
      .map(([key, value]) => [key, normalise(value, keep)]),
  );

/**
 * Takes out of an answer what the recording took out: uid, resourceVersion, creationTimestamp, selfLink and
 * managedFields of every `metadata`, except the fields named in `keep`.
 */
export const normalise = (value: unknown, keep: ReadonlySet<string> = new Set()): unknown => {
  if (Array.isArray(value)) return value.map((item) => normalise(item, keep));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'metadata' && isRecord(item) ? normaliseMetadata(item, keep) : normalise(item, keep),
    ]),
  );
};

const PLACEHOLDER = /<(?:uid|now|random|clusterIP|nodePort|pem|continue|later|age|n|cut|revision|generated)>/;
const EVERY_PLACEHOLDER = new RegExp(PLACEHOLDER.source, 'g');
const WHOLE = new RegExp(`^${PLACEHOLDER.source}$`);

const escapeExpression = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const matchesText = (expected: string, actual: string): boolean => {
  if (expected === actual) return true;
  const cut = expected.indexOf('...<cut>');
  if (cut >= 0)
    return (
      matchesText(expected.slice(0, cut), actual.slice(0, cut)) || actual.startsWith(expected.slice(0, cut))
    );
  if (!PLACEHOLDER.test(expected)) return false;
  const pattern = expected.split(EVERY_PLACEHOLDER).map(escapeExpression).join('[\\s\\S]+?');
  return new RegExp(`^${pattern}$`).test(actual);
};

/** Where an answer differs from the recording. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

const child = (path: string, key: string | number): string =>
  typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;

/** Differences between a recorded value and an answer's; placeholders match anything of their shape. */
export const differences = (expected: unknown, actual: unknown, path = ''): Difference[] => {
  if (typeof expected === 'string') {
    if (WHOLE.test(expected)) return actual === undefined ? [{ path, expected, actual }] : [];
    if (typeof actual === 'string' && matchesText(expected, actual)) return [];
    return [{ path, expected, actual }];
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) return [{ path, expected, actual }];
    return expected.flatMap((item, index) => differences(item, actual[index], child(path, index)));
  }
  if (isRecord(expected) && isRecord(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
    return keys.flatMap((key) => differences(expected[key], actual[key], child(path, key)));
  }
  return Object.is(expected, actual) ? [] : [{ path, expected, actual }];
};

/** What of a case is different: nothing, its wording only, or more. */
export type Verdict = 'same' | 'wording' | 'different';

export interface CaseReport {
  readonly id: string;
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
}

const isWording = ({ path }: Difference): boolean =>
  path === 'body.message' || /^body\.details\.causes\[\d+\]\.message$/.test(path);

/** Judges one case from its differences. */
export const judge = (id: string, found: readonly Difference[]): CaseReport => ({
  id,
  verdict: found.length === 0 ? 'same' : found.every(isWording) ? 'wording' : 'different',
  differences: found,
});

/** A recorded answer: the code, and the body where one was kept. */
export interface RecordedResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly warnings?: readonly string[];
}

const bodyShown = (recorded: unknown, reply: Reply, keep: ReadonlySet<string> | undefined): unknown =>
  typeof recorded === 'string' ? reply.body : normalise(reply.json, keep);

/** Compares a reply with a recorded answer; without a recorded body only the code counts. */
export const compareReply = (
  recorded: RecordedResponse,
  reply: Reply,
  keep?: ReadonlySet<string>,
): Difference[] => [
  ...differences(recorded.status, reply.status, 'status'),
  ...(recorded.body === undefined
    ? []
    : differences(recorded.body, bodyShown(recorded.body, reply, keep), 'body')),
];

/** Figures of a replay. */
export interface Report {
  readonly cases: readonly CaseReport[];
  readonly same: number;
  readonly wording: number;
  readonly different: number;
  /** Share of cases that are the same, in percent. */
  readonly percent: number;
}

/** Adds up case reports. */
export const report = (cases: readonly CaseReport[]): Report => {
  const count = (verdict: Verdict): number => cases.filter((item) => item.verdict === verdict).length;
  const same = count('same');
  return {
    cases,
    same,
    wording: count('wording'),
    different: count('different'),
    percent: cases.length === 0 ? 100 : (same * 100) / cases.length,
  };
};

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

/** The report as text: figures, then the first differing cases with their differences. */
export const printReport = (name: string, result: Report, limit = 20): string => {
  const head = `${name}: ${result.same}/${result.cases.length} same (${result.percent.toFixed(1)} %), ${result.wording} differ in wording, ${result.different} differ`;
  const lines = result.cases
    .filter((item) => item.verdict !== 'same')
    .slice(0, limit)
    .flatMap((item) => [
      `- ${item.id} (${item.verdict})`,
      ...item.differences
        .slice(0, 6)
        .map(
          ({ path, expected, actual }) => `    ${path}: expected ${shown(expected)}, got ${shown(actual)}`,
        ),
    ]);
  return [head, ...lines].join('\n');
};

/** Runs every case; a thrown error counts as a difference, so one case cannot stop the others. */
export const replay = <Case extends { readonly id: string }>(
  cases: readonly Case[],
  run: (item: Case) => readonly Difference[],
): Report =>
  report(
    cases.map((item) => {
      try {
        return judge(item.id, run(item));
      } catch (error) {
        const actual = error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error);
        return judge(item.id, [{ path: 'thrown', expected: undefined, actual }]);
      }
    }),
  );
