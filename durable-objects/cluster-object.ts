/**
 * The object that is a cluster: it translates the platform's calls, alarms and sockets for the core and decides
 * nothing itself. All times here are wall milliseconds.
 */

import { DurableObject } from 'cloudflare:workers';
import type { CoreRequest, CoreResponse, CoreWatch } from '../src/api/contract.ts';
import { createCluster, openCluster } from '../src/cluster/cluster.ts';
import type {
  CertificateVerdict,
  ClockState,
  Cluster,
  ClusterCredentials,
  ClusterPorts,
  ClusterSettings,
  PublicJwk,
  UserTokenRecord,
} from '../src/cluster/contract.ts';
import type { Exercise, Grading, Rehearsal, RehearsalReport } from '../src/exercise/contract.ts';
import type { ClusterLimits } from '../src/machinery/cluster-limits.ts';
import {
  internalError,
  makeStatus,
  resourceNotFound,
  type Status,
  StatusError,
  tooManyRequests,
} from '../src/machinery/status.ts';
import { forgetExpiredCluster } from '../src/platform/expiry.ts';
import { knownDescriptions, loadDescriptions } from './descriptions.ts';
import { type AttemptReport, ExerciseHost, type Staging } from './exercise-host.ts';
import { Gate } from './gate.ts';
import { GradeSockets } from './grade-sockets.ts';
import { withLargeBodyStreamed } from './large-body.ts';
import { Pump } from './pump.ts';
import {
  type AccessAnswer,
  type AccessQuestion,
  type AdvanceOutcome,
  type AuditPage,
  type AuditPolicyAnswer,
  type AuditQuery,
  type ChangedPolicy,
  type ClusterLease,
  type ClusterReport,
  type ClusterRpc,
  type CreateOutcome,
  GRADE_REQUEST_HEADER,
  type PodSecurityAnswer,
  printHeaderJson,
  type ServedResponse,
  WATCH_REQUEST_HEADER,
  WATCH_START_HEADER,
  type WatchStart,
} from './rpc.ts';
import { makeSqlPort } from './sql-adapter.ts';
import { WatchSockets } from './watch-sockets.ts';
import { openWebhookCalls, performAll, type WebhookBindings, type WebhookCalls } from './webhook-calls.ts';

const LEASE_KEY = 'lease';
/** A cluster that is still catching up after this asks clients to come back. */
const PATIENCE_MS = 20_000;
/** How long audit records of reads may wait in memory for a write to ride on. */
const SAVE_MS = 2000;

interface Bindings extends WebhookBindings {
  /** The platform's database: the directory forgets a cluster that expired. */
  readonly PLATFORM_DB?: D1Database;
  /** Webhooks hear of what expires. */
  readonly COURIER?: DurableObjectNamespace;
  /** Static files, the API's descriptions among them. */
  readonly ASSETS?: Fetcher;
}

/** Either the cluster, ready to serve, or the answer that says why not. */
type Readiness = { readonly cluster: Cluster } | { readonly refused: CoreResponse };

/** Upstream's limit of a request that is no watch, for those that wait for webhooks. */
const REQUEST_MS = 60_000;
const OVERDUE = makeStatus(
  504,
  'Timeout',
  'Timeout: request did not complete within requested timeout - context deadline exceeded',
  {},
);

const CATCHING_UP = tooManyRequests('the cluster is catching up, please try again', 1);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Pieces of work in one turn that nobody is answered by: objects share a thread, and others want their turn. */
const STEP = 250;

/** The lease with the name that alarms are not told. */
type StoredLease = ClusterLease & { readonly clusterId?: string };

const statusAnswer = (status: Status, headers: Readonly<Record<string, string>> = {}): CoreResponse => ({
  kind: 'response',
  status: status.code,
  headers: { 'content-type': 'application/json', ...headers },
  body: `${JSON.stringify(status)}\n`,
});

const plainResponse = ({ body, status, headers }: CoreResponse): Response =>
  new Response(body, { status, headers });

const journal: ClusterPorts['journal'] = {
  write: (level, event, fields) => console[level](JSON.stringify({ level, event, ...fields })),
};

/** The id of the user's token a request came with; its watches end when it is revoked. */
const tokenIdOf = ({ token }: CoreRequest): string | undefined => {
  const id = token?.claims['jti'];
  return typeof id === 'string' ? id : undefined;
};

/** One cluster. Created by `create`, gone after `destroy` or when its lease ends. */
export class ClusterObject extends DurableObject<Bindings> implements ClusterRpc {
  readonly #ports: ClusterPorts;
  readonly #sockets: WatchSockets;
  readonly #pump: Pump;
  readonly #gate: Gate;
  readonly #calls: WebhookCalls | undefined;
  readonly #exercises: ExerciseHost;
  readonly #grades: GradeSockets;
  #lease: StoredLease;
  #cluster: Cluster | undefined;
  /** Why the stored state cannot be opened, e.g. a format from a later release. */
  #refusal: StatusError | undefined;
  #ringing = false;
  #saving = false;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#calls = openWebhookCalls(env);
    this.#ports = {
      sql: makeSqlPort(ctx.storage),
      journal,
      makeSecret: () => crypto.getRandomValues(new Uint8Array(32)),
      descriptions: knownDescriptions,
      ...(this.#calls === undefined ? {} : { reaches: this.#calls.reaches }),
    };
    this.#sockets = new WatchSockets(ctx, (record) => {
      this.#cluster?.endWatch(record, Date.now());
      this.#saveSoon();
    });
    this.#exercises = new ExerciseHost(ctx.storage, this.#ports);
    this.#grades = new GradeSockets(ctx, {
      grade: () => this.#cluster && this.#exercises.grade(this.#cluster, Date.now()),
      stamp: () => this.#gradeStamp(),
      hasReached: (at) => (this.#cluster?.clock(Date.now()).now ?? 0) >= at,
      later: (work, delayMs) => void setTimeout(work, delayMs),
      published: () => this.#cluster && this.#settle(this.#cluster),
    });
    this.#pump = new Pump(
      {
        now: () => Date.now(),
        later: (work, delayMs) => {
          const timer = setTimeout(work, delayMs);
          return () => clearTimeout(timer);
        },
        setAlarm: (at) => void ctx.storage.setAlarm(at),
      },
      () => this.#tick(),
    );
    this.#gate = new Gate({
      work: () => this.#cluster?.work() ?? 0,
      storageBytes: () => this.#ports.sql.size(),
      relieve: () => this.#cluster?.relieve(Date.now()) ?? false,
      clock: () => Date.now(),
    });
    const lease = ctx.storage.kv.get<StoredLease>(LEASE_KEY);
    this.#lease = lease ?? {};
    // Without a lease there is no cluster: an object somebody only asked for must stay empty.
    if (lease === undefined) return;
    try {
      this.#cluster = openCluster(this.#ports, Date.now());
      if (this.#cluster !== undefined) this.#gate.limit(this.#cluster.limits(), Date.now());
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#refusal = error;
      journal.write('error', 'cluster-refused', { message: error.message });
    }
  }

  async create(
    settings: ClusterSettings,
    lease: ClusterLease,
    limits: ClusterLimits = {},
  ): Promise<CreateOutcome> {
    if (this.#refusal !== undefined) throw new Error(this.#refusal.message);
    if (this.#cluster !== undefined) return 'exists';
    this.#cluster = this.ctx.storage.transactionSync(() => {
      this.#keepLease({ ...lease, clusterId: settings.clusterId });
      const cluster = createCluster(this.#ports, settings, Date.now());
      cluster.setLimits(limits);
      return cluster;
    });
    this.#gate.limit(limits, Date.now());
    this.#settle(this.#cluster);
    return 'created';
  }

  async stage(
    settings: ClusterSettings,
    lease: ClusterLease,
    limits: ClusterLimits,
    exercise: Exercise,
  ): Promise<Staging> {
    if (this.#refusal !== undefined || this.#cluster !== undefined) throw new Error('the object is in use');
    const now = Date.now();
    const { cluster, staging } = this.ctx.storage.transactionSync(() => {
      this.#keepLease({ ...lease, clusterId: settings.clusterId });
      const made = createCluster(this.#ports, settings, now);
      const staged = this.#exercises.stage(made, settings, exercise, now);
      made.setLimits(limits);
      return { cluster: made, staging: staged };
    });
    this.#cluster = cluster;
    this.#gate.limit(limits, now);
    this.#settle(cluster);
    return staging;
  }

  async restage(): Promise<Staging> {
    const limits = this.#require().limits();
    const now = Date.now();
    const again = this.#exercises.restage(now);
    if (again === undefined) throw resourceNotFound();
    const { cluster, staging } = again;
    if (cluster === undefined) return staging;
    this.#sockets.closeAll();
    this.#cluster = cluster;
    cluster.setLimits(limits);
    this.#gate.limit(limits, now);
    this.#settle(cluster);
    return staging;
  }

  async grade(): Promise<Grading | undefined> {
    const ready = await this.#ready();
    if ('refused' in ready) return undefined;
    const grading = this.#exercises.grade(ready.cluster, Date.now());
    this.#settle(ready.cluster);
    return grading;
  }

  async attempt(): Promise<AttemptReport | undefined> {
    const ready = await this.#ready();
    if ('refused' in ready) return undefined;
    const report = this.#exercises.attempt(ready.cluster, Date.now());
    this.#settle(ready.cluster);
    return report;
  }

  async rehearse(settings: ClusterSettings, plan: Rehearsal): Promise<RehearsalReport> {
    if (this.#refusal !== undefined || this.#cluster !== undefined) throw new Error('the object is in use');
    return this.#exercises.rehearse(settings, plan, Date.now());
  }

  async serve(request: CoreRequest): Promise<ServedResponse> {
    const refusal = this.#gate.refuse(request, false, 0, Date.now());
    if (refusal !== undefined) return { ...statusAnswer(refusal.status, refusal.headers), isBusy: true };
    if (request.path.startsWith('/openapi')) await loadDescriptions(this.env.ASSETS);
    const ready = await this.#ready();
    if ('refused' in ready) return ready.refused;
    const answer = await this.#handle(ready.cluster, request);
    this.#gate.charge(answer.kind === 'response' ? answer : undefined, Date.now());
    this.#settle(ready.cluster);
    return answer.kind === 'response'
      ? withLargeBodyStreamed(answer)
      : statusAnswer(internalError('a watch came without a stream').status);
  }

  /** Opens a watch: the core's request lies in a header, the answer is a socket or a plain refusal. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.has(GRADE_REQUEST_HEADER)) return this.#followGrade();
    const described = JSON.parse(request.headers.get(WATCH_REQUEST_HEADER) ?? 'null') as CoreRequest | null;
    if (described === null) return new Response('not a watch', { status: 400 });
    const refusal = this.#gate.refuse(described, true, this.#sockets.size, Date.now());
    if (refusal !== undefined) return plainResponse(statusAnswer(refusal.status, refusal.headers));
    const ready = await this.#ready();
    if ('refused' in ready) return plainResponse(ready.refused);
    const answer = await this.#handle(ready.cluster, { ...described, body: new Uint8Array() });
    this.#gate.charge(undefined, Date.now());
    if (answer.kind === 'response') {
      this.#settle(ready.cluster);
      return plainResponse(answer);
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#sockets.accept(server, answer.subscription, answer.frames, answer.record, tokenIdOf(described));
    this.#settle(ready.cluster);
    const start: WatchStart = { headers: answer.headers, timeoutSeconds: answer.timeoutSeconds };
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { [WATCH_START_HEADER]: printHeaderJson(start) },
    });
  }

  override async alarm(): Promise<void> {
    this.#pump.rang();
    if (this.#lease.expiresAt !== undefined && this.#lease.expiresAt <= Date.now()) {
      await this.#expire();
      return;
    }
    this.#tick();
  }

  async usage(): Promise<ClusterReport> {
    const cluster = this.#require();
    const { served, refused } = this.#gate.counts;
    return {
      ...cluster.usage(),
      watches: this.#sockets.size,
      requests: served,
      refusedRequests: refused,
      limits: cluster.limits(),
    };
  }

  async limit(limits: ClusterLimits): Promise<void> {
    this.#require().setLimits(limits);
    this.#gate.limit(limits, Date.now());
  }

  async extend(lease: ClusterLease): Promise<boolean> {
    const cluster = this.#cluster;
    if (cluster === undefined) return false;
    const { clusterId } = this.#lease;
    this.#keepLease({ ...lease, ...(clusterId === undefined ? {} : { clusterId }) });
    this.#settle(cluster);
    return true;
  }

  publicKeys(): Promise<readonly PublicJwk[]> {
    return this.#credentials((credentials) => credentials.publicKeys());
  }

  rotateKeys(options: { readonly forget: boolean }): Promise<readonly PublicJwk[]> {
    return this.#credentials((credentials) => credentials.rotateKeys(options));
  }

  addUserToken(record: UserTokenRecord): Promise<boolean> {
    return this.#credentials((credentials) => credentials.addUserToken(record));
  }

  userTokens(query: Parameters<ClusterCredentials['userTokens']>[0]): Promise<readonly UserTokenRecord[]> {
    return this.#credentials((credentials) => credentials.userTokens(query));
  }

  async revokeUserToken(id: string): Promise<boolean> {
    const revoked = await this.#credentials((credentials) => credentials.revokeUserToken(id));
    if (revoked) this.#sockets.closeOf(id);
    return revoked;
  }

  exchangeCertificate(proof: string): Promise<CertificateVerdict> {
    return this.#credentials((credentials) => credentials.exchangeCertificate(proof));
  }

  podToken(namespace: string, pod: string): Promise<string | undefined> {
    return this.#credentials((credentials) => credentials.podToken(namespace, pod));
  }

  async clock(): Promise<ClockState> {
    return this.#require().clock(Date.now());
  }

  async repace(change: { readonly rate?: number; readonly paused?: boolean }): Promise<ClockState> {
    const cluster = this.#require();
    const state = cluster.repace(change, Date.now());
    this.#settle(cluster);
    return state;
  }

  async advance(until: number): Promise<AdvanceOutcome> {
    const cluster = this.#require();
    const patience = Date.now() + PATIENCE_MS;
    let { unfinished } = this.#gate.timed(() => cluster.advance(until, Date.now()));
    for (;;) {
      this.#gate.meter(Date.now());
      this.#settle(cluster);
      if (!unfinished) return cluster.clock(Date.now());
      const rest = this.#gate.rest(Date.now());
      if (rest > 0 && Date.now() + rest > patience) {
        return { ...cluster.clock(Date.now()), restSeconds: Math.ceil(rest / 1000) };
      }
      await pause(rest);
      if (this.#cluster !== cluster) throw resourceNotFound();
      unfinished = this.#gate.timed(() => cluster.tick(Date.now(), STEP)).unfinished;
    }
  }

  async endWatches(): Promise<void> {
    this.#sockets.closeAll();
    this.#grades.closeAll();
    this.#cluster?.flush();
  }

  async access(question: AccessQuestion): Promise<AccessAnswer> {
    const cluster = this.#require();
    const answer = cluster.access(question, Date.now());
    this.#settle(cluster);
    return answer;
  }

  async podSecurity(change?: { readonly configuration: unknown }): Promise<PodSecurityAnswer> {
    return this.#require().podSecurity(change);
  }

  async reconcilePolicy(): Promise<readonly ChangedPolicy[]> {
    const cluster = this.#require();
    const changed = cluster.reconcilePolicy(Date.now());
    this.#settle(cluster);
    return changed;
  }

  async audit(query: AuditQuery): Promise<AuditPage> {
    return this.#require().audit.page(query);
  }

  async denialIds(wanted?: boolean): Promise<boolean> {
    return this.#require().audit.denialIds(wanted);
  }

  async auditPolicy(change?: { readonly policy: unknown }): Promise<AuditPolicyAnswer> {
    const { audit } = this.#require();
    const problems = change === undefined ? [] : audit.setPolicy(change.policy);
    return { ...audit.policy(), problems };
  }

  async destroy(): Promise<void> {
    this.#sockets.closeAll();
    this.#grades.closeAll();
    this.#exercises.forget();
    this.#cluster = undefined;
    this.#refusal = undefined;
    this.#lease = {};
    // The alarm goes last: it would try again what a crash left undone.
    await this.ctx.storage.deleteAll();
    await this.ctx.storage.deleteAlarm();
  }

  override webSocketMessage(): void {
    // Watches are one-way; what a client says is of no interest.
  }

  override webSocketClose(socket: WebSocket): void {
    this.#closed(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#closed(socket);
  }

  #closed(socket: WebSocket): void {
    if (this.#grades.owns(socket)) this.#grades.close(socket);
    else this.#sockets.close(socket);
  }

  /** Opens a stream of gradings: the answer is a socket, or 404. */
  async #followGrade(): Promise<Response> {
    const grading = await this.grade();
    if (grading === undefined) return new Response('no exercise', { status: 404 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#grades.accept(server, grading);
    if (this.#cluster !== undefined) this.#settle(this.#cluster);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Serves a request, in as many turns as it has webhooks to wait for. */
  async #handle(cluster: Cluster, request: CoreRequest): Promise<CoreResponse | CoreWatch> {
    const deadline = Date.now() + REQUEST_MS;
    let answer = this.#gate.timed(() => cluster.handle(request, Date.now()));
    while (answer.kind === 'await') {
      if (Date.now() > deadline) return statusAnswer(OVERDUE);
      const { calls, resume } = answer;
      this.#settle(cluster);
      const replies = this.#calls === undefined ? {} : await performAll(calls, this.#calls);
      if (this.#cluster !== cluster) return statusAnswer(resourceNotFound().status);
      answer = cluster.handle(request, Date.now(), {
        ...resume,
        replies: { ...resume.replies, ...replies },
      });
    }
    return answer;
  }

  /** Makes the calls that controllers' writes wait for. */
  #call(cluster: Cluster): void {
    const calls = this.#calls;
    if (calls === undefined) return;
    for (const call of cluster.takeCalls()) {
      const made = calls.perform(call).then((reply) => {
        if (this.#cluster !== cluster) return;
        cluster.replied(call.id, reply, Date.now());
        this.#settle(cluster);
      });
      this.ctx.waitUntil(made);
    }
  }

  /** The lease ended: the directory forgets the cluster, then its data goes. What fails, the alarm tries again. */
  async #expire(): Promise<void> {
    const { clusterId } = this.#lease;
    const { PLATFORM_DB, COURIER } = this.env;
    if (clusterId !== undefined && PLATFORM_DB !== undefined) {
      const bindings = { PLATFORM_DB, ...(COURIER === undefined ? {} : { COURIER }) };
      await forgetExpiredCluster(bindings, clusterId, Date.now());
    }
    journal.write('info', 'cluster-expired', { clusterId });
    await this.destroy();
  }

  #keepLease(lease: StoredLease): void {
    this.ctx.storage.kv.put(LEASE_KEY, lease);
    this.#lease = lease;
  }

  async #credentials<Result>(work: (credentials: ClusterCredentials) => Result): Promise<Result> {
    const ready = await this.#ready();
    if ('refused' in ready) throw new Error(`the cluster answers ${ready.refused.status}`);
    const result = ready.cluster.credentials(work, Date.now());
    this.#settle(ready.cluster);
    return result;
  }

  #require(): Cluster {
    if (this.#cluster === undefined) throw this.#refusal ?? resourceNotFound();
    return this.#cluster;
  }

  /** The cluster, caught up with the wall clock; or the answer that says why there is none. */
  async #ready(): Promise<Readiness> {
    if (this.#refusal !== undefined) {
      return { refused: statusAnswer(this.#refusal.status, this.#refusal.headers) };
    }
    const patience = Date.now() + PATIENCE_MS;
    for (;;) {
      const cluster = this.#cluster;
      const now = Date.now();
      if (cluster === undefined || (this.#lease.expiresAt ?? now + 1) <= now) {
        return { refused: statusAnswer(resourceNotFound().status) };
      }
      const { nextDue, unfinished } = cluster.end();
      if (!unfinished && (nextDue === undefined || nextDue > now)) return { cluster };
      const { unfinished: isLate } = this.#gate.timed(() => cluster.tick(now, STEP));
      this.#gate.meter(now);
      if (!isLate) return { cluster };
      if (now > patience || this.#gate.rest(now) > 0)
        return { refused: statusAnswer(CATCHING_UP.status, CATCHING_UP.headers) };
      this.#settle(cluster);
      await pause(0);
    }
  }

  #tick(): void {
    const cluster = this.#cluster;
    if (cluster === undefined) return;
    if (this.#isObserved && this.#gate.rest(Date.now()) === 0) {
      this.#gate.timed(() => cluster.tick(Date.now(), STEP));
      this.#gate.meter(Date.now());
    }
    this.#settle(cluster);
  }

  /** After every turn: the watches get their frames, and what is due next gets its alarm. */
  #settle(cluster: Cluster): void {
    this.#call(cluster);
    const { nextDue, unfinished, unsaved } = cluster.end();
    const observed = this.#isObserved;
    if (this.#sockets.size > 0) this.#ring();
    this.#grades.changed();
    if (unsaved) this.#saveSoon();
    const rest = this.#gate.rest(Date.now());
    // Work that is put off happens at its own instant all the same: late turns change no history.
    const due = rest === 0 ? { nextDue, unfinished } : { nextDue: Date.now() + rest, unfinished: false };
    const outside = [this.#lease.expiresAt, this.#recheckAt(cluster)].filter((at) => at !== undefined);
    this.#pump.arm({ ...due, observed, outsideDue: outside.length === 0 ? undefined : Math.min(...outside) });
  }

  /** Whether somebody sees what happens: then the cluster goes on by itself. */
  get #isObserved(): boolean {
    return this.#sockets.size > 0 || this.#grades.size > 0;
  }

  /** Writes count always, requests only where checks look at the audit log. */
  #gradeStamp(): string {
    const requests = this.#exercises.watchesRequests ? this.#gate.counts.served : 0;
    return `${this.#cluster?.end().revision}/${requests}`;
  }

  /** Wall instant at which a followed grade may change although nothing is written. */
  #recheckAt(cluster: Cluster): number | undefined {
    const at = this.#grades.size > 0 ? this.#grades.recheckAt : undefined;
    if (at === undefined) return undefined;
    const now = Date.now();
    const { now: clusterNow, paused, rate } = cluster.clock(now);
    return paused ? undefined : now + Math.max(0, Math.ceil((at - clusterNow) / rate));
  }

  /** Reads write nothing: what the audit log keeps of them is one row, a little later. */
  #saveSoon(): void {
    if (this.#saving) return;
    this.#saving = true;
    setTimeout(() => {
      this.#saving = false;
      this.#cluster?.flush();
    }, SAVE_MS);
  }

  /** Drains soon, not now: the answer goes first, and a burst of writes is one drain. */
  #ring(): void {
    if (this.#ringing) return;
    this.#ringing = true;
    setTimeout(() => {
      this.#ringing = false;
      if (this.#cluster === undefined) return;
      const cluster = this.#cluster;
      const owed = this.#gate.timed(() => this.#sockets.drain(cluster, cluster.end().revision));
      this.#gate.meter(Date.now());
      if (owed) this.#ring();
    }, 0);
  }
}
