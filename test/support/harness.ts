/**
 * A cluster in memory with its clock in hand: the real core over node:sqlite. Time moves only by `advance`.
 */

import { parseAllDocuments } from 'yaml';
import type {
  CoreRequest,
  CoreResponse,
  CoreWatch,
  Drained,
  Subscription,
  VerifiedToken,
} from '../../src/api/contract.ts';
import { type Identity, makeSystemIdentity } from '../../src/auth/identity.ts';
import { createCluster, openCluster } from '../../src/cluster/cluster.ts';
import type { Cluster, ClusterCredentials, ClusterSettings, TurnEnd } from '../../src/cluster/contract.ts';
import type { OrderedController } from '../../src/controllers/contract.ts';
import type { Check, Grading } from '../../src/exercise/contract.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { OutsideCall, OutsideReply } from '../../src/machinery/outside.ts';
import type { Instant } from '../../src/machinery/time.ts';
import type { JournalPort, SqlPort } from '../../src/ports.ts';
import { openNodeSql } from './node-sql.ts';

export interface HarnessOptions {
  readonly start?: Instant;
  readonly settings?: Partial<ClusterSettings>;
  readonly sql?: SqlPort;
  readonly cacheBytes?: number;
  readonly catchUpBudget?: number;
  /**
   * The outside: answers calls of webhooks, which may go to any host below `example.com`. Time stands still meanwhile.
   * Absent: nothing leaves the cluster.
   */
  readonly outside?: (call: OutsideCall) => OutsideReply;
  /** Who runs beside the API; absent: all of them, empty: nobody. */
  readonly actors?: readonly OrderedController[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The parsed JSON body; `undefined` when it is not JSON. */
  readonly json: unknown;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: Identity;
  /** A token of this cluster instead: taken for verified, as the edge would. */
  readonly token?: string;
}

export const admin: Identity = makeSystemIdentity('kubernetes-admin');

/** 2026-01-01T00:00:00Z. */
export const EPOCH: Instant = Date.UTC(2026, 0, 1);

export const testSettings: ClusterSettings = {
  clusterId: 'test',
  name: 'test',
  seed: 'seed',
  latency: 'instant',
  nodes: [
    { name: 'node-1', cpu: '4', memory: '8Gi' },
    { name: 'node-2', cpu: '4', memory: '8Gi' },
  ],
  caCertificate: '-----BEGIN CERTIFICATE-----\ntest\n-----END CERTIFICATE-----\n',
  issuer: 'https://127.0.0.1:8443/clusters/test',
  advertise: '127.0.0.1:8443',
};

/** Journal lines written during a test; errors mean bugs. */
export interface RecordedJournal extends JournalPort {
  readonly lines: {
    readonly level: string;
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

const makeJournal = (): RecordedJournal => {
  const lines: RecordedJournal['lines'] = [];
  return { lines, write: (level, event, fields) => void lines.push({ level, event, fields }) };
};

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const toBytes = (body: unknown): Uint8Array => {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
};

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A path and a query from a URL such as `/api/v1/pods?limit=1`. */
const splitUrl = (url: string): readonly [string, string] => {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
};

/** A watch held open by a test: collects frames each time it is drained. */
export class TestWatch {
  readonly #cluster: () => Cluster;
  #subscription: Subscription;
  readonly frames: string[] = [];
  ended = false;

  constructor(cluster: () => Cluster, watch: CoreWatch) {
    this.#cluster = cluster;
    this.#subscription = watch.subscription;
    this.#take(watch.frames);
  }

  /** Events since the last call. */
  drain(): { readonly type: string; readonly object: KubeObject }[] {
    const from = this.frames.length;
    if (!this.ended) {
      const drained: Drained = this.#cluster().drain(this.#subscription);
      this.#subscription = drained.subscription;
      this.ended = drained.ended;
      this.#take(drained.frames);
    }
    return this.frames.slice(from).map((frame) => JSON.parse(frame));
  }

  #take(frames: readonly (string | Uint8Array)[]): void {
    for (const frame of frames) this.frames.push(typeof frame === 'string' ? frame : decoder.decode(frame));
  }
}

const verifiedTokens = new Map<string, VerifiedToken>();

/** The token as the edge hands it on after it has checked the signature. */
const verifiedToken = (text: string): VerifiedToken => {
  const known = verifiedTokens.get(text);
  if (known !== undefined) return known;
  const [header, claims] = text
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  const token = { text, claims: claims ?? {}, keyId: String(header?.['kid']) };
  verifiedTokens.set(text, token);
  return token;
};

/** The cluster under test. */
export class Harness {
  readonly sql: SqlPort;
  readonly journal: RecordedJournal;
  #cluster: Cluster;
  #now: Instant;
  readonly #options: HarnessOptions;

  constructor(options: HarnessOptions = {}) {
    this.#options = options;
    this.sql = options.sql ?? openNodeSql();
    this.journal = makeJournal();
    this.#now = options.start ?? EPOCH;
    const settings = { ...testSettings, ...options.settings };
    this.#cluster = createCluster(this.#ports(), settings, this.#now, options.actors);
  }

  get now(): Instant {
    return this.#now;
  }

  /** What runs right now; another after an eviction. */
  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Works on the cluster's credentials, as the platform does. */
  credentials<Result>(work: (credentials: ClusterCredentials) => Result): Result {
    return this.#cluster.credentials(work, this.#now);
  }

  /** Drops all memory and opens the same database again, as an eviction does. */
  evict(): void {
    const reopened = openCluster(this.#ports(), this.#now, this.#options.actors);
    if (reopened === undefined) throw new Error('no cluster in the database');
    this.#cluster = reopened;
  }

  /** Moves wall time on and does all work that came due; `budget` cuts the work into small turns. */
  advance(ms: number, budget?: number): TurnEnd {
    this.pass(ms);
    for (;;) {
      const end = this.#cluster.tick(this.#now, budget);
      this.#reply();
      if (!end.unfinished) return end;
    }
  }

  /** Lets wall time pass while nobody wakes the cluster. */
  pass(ms: number): void {
    this.#now += ms;
  }

  /** One turn of at most `budget` pieces of work; true when work is left. */
  tick(budget?: number): boolean {
    return this.#cluster.tick(this.#now, budget).unfinished;
  }

  /** Advances to each next due instant until nothing is due within `withinMs`. */
  settle(withinMs = 60_000): void {
    const limit = this.#now + withinMs;
    for (;;) {
      const { nextDue } = this.#cluster.end();
      if (nextDue === undefined || nextDue > limit) return;
      this.advance(Math.max(0, nextDue - this.#now));
    }
  }

  end(): TurnEnd {
    return this.#cluster.end();
  }

  /** Judges checks now; `began` is the instant the exercise began at. */
  grade(checks: readonly Check[], began: Instant): Grading {
    return this.#cluster.grade(checks, began, this.#now);
  }

  /** Sends a request; the answer must not be a watch. */
  request(method: string, url: string, options: RequestOptions = {}): Reply {
    const answer = this.#handle(method, url, options);
    if (answer.kind === 'watch') throw new Error(`${method} ${url} answered with a watch`);
    const body = typeof answer.body === 'string' ? answer.body : decoder.decode(answer.body);
    const { status, headers } = answer;
    let parsed: { readonly value: unknown } | undefined;
    return {
      status,
      headers,
      body,
      // Only when somebody looks: benchmarks and fuzzing ask for much and read little.
      get json() {
        parsed ??= { value: tryJson(body) };
        return parsed.value;
      },
    };
  }

  /** Opens a watch. */
  watch(url: string, options: RequestOptions = {}): TestWatch {
    const answer = this.#handle('GET', url, options);
    if (answer.kind !== 'watch')
      throw new Error(`GET ${url} answered ${answer.status}: ${String(answer.body)}`);
    return new TestWatch(() => this.#cluster, answer);
  }

  /** GET that must succeed. */
  get<Type = KubeObject>(url: string): Type {
    return this.expect(200, 'GET', url) as Type;
  }

  /** The items of a list. */
  list<Type = KubeObject>(url: string): readonly Type[] {
    return (this.expect(200, 'GET', url) as { readonly items: readonly Type[] }).items;
  }

  /** A request that must answer with this code; returns the parsed body. */
  expect(status: number, method: string, url: string, options: RequestOptions = {}): unknown {
    const reply = this.request(method, url, options);
    if (reply.status !== status) {
      const bug = reply.status === 500 ? `\n${JSON.stringify(this.journal.lines.at(-1))}` : '';
      throw new Error(`${method} ${url}: ${reply.status} instead of ${status}: ${reply.body}${bug}`);
    }
    return reply.json;
  }

  /** Creates every object of a YAML text at the collection of its kind (`plural` from discovery). */
  create(yaml: string): readonly KubeObject[] {
    return parseAllDocuments(yaml)
      .map((document) => document.toJS() as KubeObject)
      .filter((object) => object !== null)
      .map((object) => this.expect(201, 'POST', this.collectionOf(object), { body: object }) as KubeObject);
  }

  /** The collection path of an object, by discovery. */
  collectionOf(object: KubeObject): string {
    const base = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
    const { resources } = this.get<{
      readonly resources: readonly {
        readonly name: string;
        readonly kind: string;
        readonly namespaced: boolean;
      }[];
    }>(base);
    const resource = resources.find((entry) => entry.kind === object.kind && !entry.name.includes('/'));
    if (resource === undefined) throw new Error(`no resource for ${object.apiVersion} ${object.kind}`);
    const namespace = object.metadata.namespace ?? 'default';
    return resource.namespaced
      ? `${base}/namespaces/${namespace}/${resource.name}`
      : `${base}/${resource.name}`;
  }

  #handle(method: string, url: string, options: RequestOptions): CoreResponse | CoreWatch {
    const [path, query] = splitUrl(url);
    const body = toBytes(options.body);
    const request: CoreRequest = {
      method,
      path,
      query,
      headers: {
        accept: 'application/json',
        ...(body.length > 0 ? { 'content-type': 'application/json' } : {}),
        ...options.headers,
      },
      body,
      identity: options.as ?? admin,
      ...(options.token === undefined ? {} : { token: verifiedToken(options.token) }),
    };
    let answer = this.#cluster.handle(request, this.#now);
    while (answer.kind === 'await') {
      const replies = answer.calls.map((call) => [call.id, this.#call(call)] as const);
      const { resume } = answer;
      answer = this.#cluster.handle(request, this.#now, {
        ...resume,
        replies: { ...resume.replies, ...Object.fromEntries(replies) },
      });
    }
    return answer;
  }

  #call(call: OutsideCall): OutsideReply {
    return this.#options.outside?.(call) ?? { failure: 'EOF' };
  }

  /** Answers what controllers wait for. */
  #reply(): void {
    for (const call of this.#cluster.takeCalls()) this.#cluster.replied(call.id, this.#call(call), this.#now);
  }

  #ports() {
    const { cacheBytes, catchUpBudget } = this.#options;
    return {
      sql: this.sql,
      journal: this.journal,
      cacheBytes,
      catchUpBudget,
      ...(this.#options.outside === undefined
        ? {}
        : { reaches: (url: string) => /^https:\/\/([^/:]+\.)?example\.com[/:]/.test(url) }),
    };
  }
}
