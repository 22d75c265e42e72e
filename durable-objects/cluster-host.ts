/**
 * The cluster in its object: opens it, gives it its turns and does what is due after each. Everything that has to
 * happen between two turns (frames for watches, calls to webhooks, timers and alarms) is `settle`. All times here are
 * wall milliseconds.
 */

import type { CoreRequest, CoreResponse, CoreWatch } from '../src/api/contract.ts';
import { createCluster, openCluster } from '../src/cluster/cluster.ts';
import type { Cluster, ClusterPorts, ClusterSettings } from '../src/cluster/contract.ts';
import type { ClusterLimits } from '../src/machinery/cluster-limits.ts';
import { makeStatus, resourceNotFound, StatusError, tooManyRequests } from '../src/machinery/status.ts';
import { errorAnswer, statusAnswer } from './answers.ts';
import { ExerciseHost } from './exercise-host.ts';
import { Gate } from './gate.ts';
import { GradeSockets } from './grade-sockets.ts';
import { journal, portsOf, pumpPorts } from './host-ports.ts';
import { onceLater } from './once-later.ts';
import { paced } from './paced.ts';
import { Pump } from './pump.ts';
import type { AdvanceOutcome, ClusterLease } from './rpc.ts';
import { StoredLease } from './stored-lease.ts';
import { WatchSockets } from './watch-sockets.ts';
import { openWebhookCalls, performAll, type WebhookBindings, type WebhookCalls } from './webhook-calls.ts';

/** A cluster that is still catching up after this asks clients to come back. */
const PATIENCE_MS = 20_000;
/** How long audit records of reads may wait in memory for a write to ride on. */
const SAVE_MS = 2000;
/** Pieces of work in one turn that nobody is answered by: objects share a thread, and others want their turn. */
const STEP = 250;
/** Upstream's limit of a request that is no watch, for those that wait for webhooks. */
const REQUEST_MS = 60_000;

const OVERDUE = makeStatus(
  504,
  'Timeout',
  'Timeout: request did not complete within requested timeout - context deadline exceeded',
  {},
);

const CATCHING_UP = tooManyRequests('the cluster is catching up, please try again', 1);

/** Either the cluster, ready to serve, or the answer that says why not. */
export type Readiness = { readonly cluster: Cluster } | { readonly refused: CoreResponse };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The one cluster an object may hold, and what stands around it. */
export class ClusterHost {
  readonly lease: StoredLease;
  readonly exercises: ExerciseHost;
  readonly sockets: WatchSockets;
  readonly grades: GradeSockets;
  readonly gate: Gate;
  readonly #state: DurableObjectState;
  readonly #webhooks: WebhookCalls | undefined;
  readonly #ports: ClusterPorts;
  readonly #pump: Pump;
  #cluster: Cluster | undefined;
  #refusal: StatusError | undefined;

  /** Opens the cluster if the object holds one; `refusal` says why it could not. */
  constructor(state: DurableObjectState, bindings: WebhookBindings) {
    this.#state = state;
    this.#webhooks = openWebhookCalls(bindings);
    this.#ports = portsOf(state.storage, this.#webhooks);
    this.lease = new StoredLease(state.storage);
    this.exercises = new ExerciseHost(state.storage, this.#ports);
    this.sockets = new WatchSockets(state, (record) => {
      this.#cluster?.endWatch(record, Date.now());
      this.#saveSoon();
    });
    this.grades = new GradeSockets(state, {
      grade: () => this.#cluster && this.exercises.grade(this.#cluster, Date.now()),
      stamp: () => this.#gradeStamp(),
      hasReached: (at) => (this.#cluster?.clock(Date.now()).now ?? 0) >= at,
      later: (work, delayMs) => void setTimeout(work, delayMs),
      published: () => this.#cluster && this.settle(this.#cluster),
    });
    this.#pump = new Pump(pumpPorts(state.storage), () => this.tick());
    this.gate = new Gate({
      work: () => this.#cluster?.work() ?? 0,
      storageBytes: () => this.#ports.sql.size(),
      relieve: () => this.#cluster?.relieve(Date.now()) ?? false,
      clock: () => Date.now(),
    });
    // An object somebody only asked for must stay empty.
    if (this.lease.isKept) this.#open();
  }

  /** The cluster, if the object holds one. */
  get cluster(): Cluster | undefined {
    return this.#cluster;
  }

  /** Why the stored state cannot be opened, e.g. a format from a later release. */
  get refusal(): StatusError | undefined {
    return this.#refusal;
  }

  /** Whether a cluster can be made here. */
  get isEmpty(): boolean {
    return this.#cluster === undefined && this.#refusal === undefined;
  }

  /** The cluster, or throws why there is none. */
  require(): Cluster {
    if (this.#cluster === undefined) throw this.#refusal ?? resourceNotFound();
    return this.#cluster;
  }

  /** Makes the cluster with its lease, its limits and what `furnish` puts in: all of it or nothing. */
  found<Result>(
    settings: ClusterSettings,
    lease: ClusterLease,
    limits: ClusterLimits,
    furnish: (cluster: Cluster, now: number) => Result,
  ): Result {
    const now = Date.now();
    const { cluster, furnished } = this.#state.storage.transactionSync(() => {
      this.lease.keep(lease, settings.clusterId);
      const made = createCluster(this.#ports, settings, now);
      const result = furnish(made, now);
      made.setLimits(limits);
      return { cluster: made, furnished: result };
    });
    this.#adopt(cluster, limits, now);
    return furnished;
  }

  /** Puts a cluster that was made anew in the place of the present one, within the same limits. */
  replace(cluster: Cluster, limits: ClusterLimits, now: number): void {
    this.sockets.closeAll();
    cluster.setLimits(limits);
    this.#adopt(cluster, limits, now);
  }

  /** Ends every stream; clients come back when they like. */
  endStreams(): void {
    this.sockets.closeAll();
    this.grades.closeAll();
  }

  /** Forgets the cluster and deletes all the object holds. Doing it again does nothing. */
  async clear(): Promise<void> {
    this.endStreams();
    this.exercises.forget();
    this.#cluster = undefined;
    this.#refusal = undefined;
    this.lease.forget();
    // The alarm goes last: it would try again what a crash left undone.
    await this.#state.storage.deleteAll();
    await this.#state.storage.deleteAlarm();
  }

  /** The cluster, caught up with the wall clock; or the answer that says why there is none. */
  async ready(): Promise<Readiness> {
    if (this.#refusal !== undefined) return { refused: errorAnswer(this.#refusal) };
    const patience = Date.now() + PATIENCE_MS;
    for (;;) {
      const cluster = this.#cluster;
      const now = Date.now();
      if (cluster === undefined || this.lease.isOver(now))
        return { refused: errorAnswer(resourceNotFound()) };
      const { nextDue, unfinished } = cluster.end();
      if (!unfinished && (nextDue === undefined || nextDue > now)) return { cluster };
      const { unfinished: isLate } = this.gate.timed(() => cluster.tick(now, STEP));
      this.gate.meter(now);
      if (!isLate) return { cluster };
      if (now > patience || this.gate.rest(now) > 0) return { refused: errorAnswer(CATCHING_UP) };
      this.settle(cluster);
      await pause(0);
    }
  }

  /** A turn of the cluster as it is. Throws when there is none. */
  turn<Result>(work: (cluster: Cluster, now: number) => Result): Result {
    const cluster = this.require();
    const result = work(cluster, Date.now());
    this.settle(cluster);
    return result;
  }

  /** Serves a request, in as many turns as it has webhooks to wait for. The caller settles the last one. */
  async handle(cluster: Cluster, request: CoreRequest): Promise<CoreResponse | CoreWatch> {
    const deadline = Date.now() + REQUEST_MS;
    let answer = this.gate.timed(() => cluster.handle(request, Date.now()));
    while (answer.kind === 'await') {
      if (Date.now() > deadline) return statusAnswer(OVERDUE);
      const { calls, resume } = answer;
      this.settle(cluster);
      const replies = this.#webhooks === undefined ? {} : await performAll(calls, this.#webhooks);
      if (this.#cluster !== cluster) return errorAnswer(resourceNotFound());
      answer = cluster.handle(request, Date.now(), {
        ...resume,
        replies: { ...resume.replies, ...replies },
      });
    }
    return answer;
  }

  /** Moves the clock forward, in as many turns as others and the plan allow. */
  async advance(until: number): Promise<AdvanceOutcome> {
    const cluster = this.require();
    const patience = Date.now() + PATIENCE_MS;
    let { unfinished } = this.gate.timed(() => cluster.advance(until, Date.now()));
    for (;;) {
      this.gate.meter(Date.now());
      this.settle(cluster);
      if (!unfinished) return cluster.clock(Date.now());
      const rest = this.gate.rest(Date.now());
      if (rest > 0 && Date.now() + rest > patience) {
        return { ...cluster.clock(Date.now()), restSeconds: Math.ceil(rest / 1000) };
      }
      await pause(rest);
      if (this.#cluster !== cluster) throw resourceNotFound();
      unfinished = this.gate.timed(() => cluster.tick(Date.now(), STEP)).unfinished;
    }
  }

  /** The alarm rang: the pump has to set it anew, which the next turn does. */
  rang(): void {
    this.#pump.rang();
  }

  /** A turn that only time asks for. Where nobody looks, nothing is done before somebody does. */
  tick(): void {
    const cluster = this.#cluster;
    if (cluster === undefined) return;
    if (this.#isObserved && this.gate.rest(Date.now()) === 0) {
      this.gate.timed(() => cluster.tick(Date.now(), STEP));
      this.gate.meter(Date.now());
    }
    this.settle(cluster);
  }

  /** After every turn: the watches get their frames, and what is due next gets its alarm. */
  settle(cluster: Cluster): void {
    this.#call(cluster);
    const { nextDue, unfinished, unsaved } = cluster.end();
    const observed = this.#isObserved;
    if (this.sockets.size > 0) this.#ring();
    this.grades.changed();
    if (unsaved) this.#saveSoon();
    const rest = this.gate.rest(Date.now());
    // Work that is put off happens at its own instant all the same: late turns change no history.
    const due = rest === 0 ? { nextDue, unfinished } : { nextDue: Date.now() + rest, unfinished: false };
    const outside = [this.lease.expiresAt, this.#recheckAt(cluster)].filter((at) => at !== undefined);
    this.#pump.arm({ ...due, observed, outsideDue: outside.length === 0 ? undefined : Math.min(...outside) });
  }

  #open(): void {
    try {
      const now = Date.now();
      this.#cluster = openCluster(this.#ports, now);
      if (this.#cluster !== undefined) this.gate.limit(this.#cluster.limits(), now);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#refusal = error;
      journal.write('error', 'cluster-refused', { message: error.message });
    }
  }

  #adopt(cluster: Cluster, limits: ClusterLimits, now: number): void {
    this.#cluster = cluster;
    this.gate.limit(limits, now);
    this.settle(cluster);
  }

  /** Makes the calls that controllers' writes wait for. */
  #call(cluster: Cluster): void {
    const webhooks = this.#webhooks;
    if (webhooks === undefined) return;
    for (const call of cluster.takeCalls()) {
      const made = webhooks.perform(call).then((reply) => {
        if (this.#cluster !== cluster) return;
        cluster.replied(call.id, reply, Date.now());
        this.settle(cluster);
      });
      this.#state.waitUntil(made);
    }
  }

  /** Whether somebody sees what happens: then the cluster goes on by itself. */
  get #isObserved(): boolean {
    return this.sockets.size > 0 || this.grades.size > 0;
  }

  /** Writes count always, requests only where checks look at the audit log. */
  #gradeStamp(): string {
    const requests = this.exercises.watchesRequests ? this.gate.counts.served : 0;
    return `${this.#cluster?.end().revision}/${requests}`;
  }

  /** Wall instant at which a followed grade may change although nothing is written. */
  #recheckAt(cluster: Cluster): number | undefined {
    const at = this.grades.size > 0 ? this.grades.recheckAt : undefined;
    if (at === undefined) return undefined;
    const now = Date.now();
    const { now: clusterNow, paused, rate } = cluster.clock(now);
    return paused ? undefined : now + Math.max(0, Math.ceil((at - clusterNow) / rate));
  }

  /** Reads write nothing: what the audit log keeps of them is one row, a little later. */
  readonly #saveSoon = onceLater(() => this.#cluster?.flush(), SAVE_MS);

  /** Drains soon, not now: the answer goes first, and a burst of writes is one drain. */
  readonly #ring: () => void = paced(() => {
    const cluster = this.#cluster;
    if (cluster === undefined) return 0;
    const report = this.gate.timed(() => this.sockets.drain(cluster, cluster.end().revision));
    this.gate.meter(Date.now());
    if (report.partly) this.#ring();
    return report.restMs;
  });
}
