/**
 * The object that is a cluster, as the Worker calls it: translates calls, alarms and sockets of the platform for the
 * host, and decides nothing itself. Whatever is not `#` here can be called from outside, so helpers live in the host.
 */

import { DurableObject } from 'cloudflare:workers';
import type { CoreRequest } from '../src/api/contract.ts';
import type { Cluster, ClusterCredentials, ClusterSettings } from '../src/cluster/contract.ts';
import type { Exercise, Grading, Rehearsal, RehearsalReport } from '../src/exercise/contract.ts';
import type { ClusterLimits } from '../src/machinery/cluster-limits.ts';
import { internalError, resourceNotFound } from '../src/machinery/status.ts';
import { forgetExpiredCluster } from '../src/platform/expiry.ts';
import { errorAnswer, plainResponse } from './answers.ts';
import { ClusterHost } from './cluster-host.ts';
import { loadDescriptions } from './descriptions.ts';
import { journal } from './host-ports.ts';
import { withLargeBodyStreamed } from './large-body.ts';
import {
  type AccessAnswer,
  type AccessQuestion,
  type AdvanceOutcome,
  type AttemptReport,
  type AuditPage,
  type AuditPolicyAnswer,
  type AuditQuery,
  type CertificateVerdict,
  type ChangedPolicy,
  type ClockState,
  type ClusterLease,
  type ClusterReport,
  type ClusterRpc,
  type CreateOutcome,
  GRADE_REQUEST_HEADER,
  type PodSecurityAnswer,
  type PublicJwk,
  printHeaderJson,
  type ServedResponse,
  type Staging,
  type UserTokenRecord,
  WATCH_REQUEST_HEADER,
  WATCH_START_HEADER,
  type WatchStart,
} from './rpc.ts';
import type { WebhookBindings } from './webhook-calls.ts';

interface Bindings extends WebhookBindings {
  /** The platform's database: the directory forgets a cluster that expired. */
  readonly PLATFORM_DB?: D1Database;
  /** Webhooks hear of what expires. */
  readonly COURIER?: DurableObjectNamespace;
  /** Static files, the API's descriptions among them. */
  readonly ASSETS?: Fetcher;
}

/** The id of the user's token a request came with; its watches end when it is revoked. */
const tokenIdOf = ({ token }: CoreRequest): string | undefined => {
  const id = token?.claims['jti'];
  return typeof id === 'string' ? id : undefined;
};

/** One cluster. Created by `create`, gone after `destroy` or when its lease ends. */
export class ClusterObject extends DurableObject<Bindings> implements ClusterRpc {
  readonly #host: ClusterHost;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#host = new ClusterHost(ctx, env);
  }

  // Its life: from the first objects to the end of the lease.

  async create(
    settings: ClusterSettings,
    lease: ClusterLease,
    limits: ClusterLimits = {},
  ): Promise<CreateOutcome> {
    const { refusal, cluster } = this.#host;
    if (refusal !== undefined) throw new Error(refusal.message);
    if (cluster !== undefined) return 'exists';
    this.#host.found(settings, lease, limits, () => undefined);
    return 'created';
  }

  async extend(lease: ClusterLease): Promise<boolean> {
    const { cluster } = this.#host;
    if (cluster === undefined) return false;
    this.#host.lease.renew(lease);
    this.#host.settle(cluster);
    return true;
  }

  override async alarm(): Promise<void> {
    this.#host.rang();
    if (this.#host.lease.isOver(Date.now())) await this.#expire();
    else this.#host.tick();
  }

  async destroy(): Promise<void> {
    await this.#host.clear();
  }

  /** The lease ended: the directory forgets the cluster, then its data goes. What fails, the alarm tries again. */
  async #expire(): Promise<void> {
    const { clusterId } = this.#host.lease;
    const { PLATFORM_DB, COURIER } = this.env;
    if (clusterId !== undefined && PLATFORM_DB !== undefined) {
      const bindings = { PLATFORM_DB, ...(COURIER === undefined ? {} : { COURIER }) };
      await forgetExpiredCluster(bindings, clusterId, Date.now());
    }
    journal.write('info', 'cluster-expired', { clusterId });
    await this.destroy();
  }

  // Requests and watches.

  async serve(request: CoreRequest): Promise<ServedResponse> {
    const host = this.#host;
    const refusal = host.gate.refuse(request, false, 0, Date.now());
    if (refusal !== undefined) return { ...errorAnswer(refusal), isBusy: true };
    if (request.path.startsWith('/openapi')) await loadDescriptions(this.env.ASSETS);
    const ready = await host.ready();
    if ('refused' in ready) return ready.refused;
    const answer = await host.handle(ready.cluster, request);
    host.gate.charge(answer.kind === 'response' ? answer : undefined, Date.now());
    host.settle(ready.cluster);
    return answer.kind === 'response'
      ? withLargeBodyStreamed(answer)
      : errorAnswer(internalError('a watch came without a stream'));
  }

  /** Opens a stream: of a watch (the core's request lies in a header) or of gradings. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.has(GRADE_REQUEST_HEADER)) return this.#followGrade();
    const described = JSON.parse(request.headers.get(WATCH_REQUEST_HEADER) ?? 'null') as CoreRequest | null;
    return described === null ? new Response('not a watch', { status: 400 }) : this.#watch(described);
  }

  async endWatches(): Promise<void> {
    this.#host.endStreams();
    this.#host.cluster?.flush();
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

  /** The answer is a socket or a plain refusal. */
  async #watch(request: CoreRequest): Promise<Response> {
    const host = this.#host;
    const refusal = host.gate.refuse(request, true, host.sockets.size, Date.now());
    if (refusal !== undefined) return plainResponse(errorAnswer(refusal));
    const ready = await host.ready();
    if ('refused' in ready) return plainResponse(ready.refused);
    const answer = await host.handle(ready.cluster, { ...request, body: new Uint8Array() });
    host.gate.charge(undefined, Date.now());
    if (answer.kind === 'response') {
      host.settle(ready.cluster);
      return plainResponse(answer);
    }
    const { 0: client, 1: server } = new WebSocketPair();
    host.sockets.accept(server, answer.subscription, answer.frames, answer.record, tokenIdOf(request));
    host.settle(ready.cluster);
    const start: WatchStart = { headers: answer.headers, timeoutSeconds: answer.timeoutSeconds };
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { [WATCH_START_HEADER]: printHeaderJson(start) },
    });
  }

  #closed(socket: WebSocket): void {
    const { grades, sockets } = this.#host;
    if (grades.owns(socket)) grades.close(socket);
    else sockets.close(socket);
  }

  // Exercises.

  async stage(
    settings: ClusterSettings,
    lease: ClusterLease,
    limits: ClusterLimits,
    exercise: Exercise,
  ): Promise<Staging> {
    this.#requireEmpty();
    const { exercises } = this.#host;
    return this.#host.found(settings, lease, limits, (cluster, now) =>
      exercises.stage(cluster, settings, exercise, now),
    );
  }

  async restage(): Promise<Staging> {
    const limits = this.#host.require().limits();
    const now = Date.now();
    const again = this.#host.exercises.restage(now);
    if (again === undefined) throw resourceNotFound();
    if (again.cluster !== undefined) this.#host.replace(again.cluster, limits, now);
    return again.staging;
  }

  async rehearse(settings: ClusterSettings, plan: Rehearsal): Promise<RehearsalReport> {
    this.#requireEmpty();
    return this.#host.exercises.rehearse(settings, plan, Date.now());
  }

  grade(): Promise<Grading | undefined> {
    return this.#judge((cluster, now) => this.#host.exercises.grade(cluster, now));
  }

  attempt(): Promise<AttemptReport | undefined> {
    return this.#judge((cluster, now) => this.#host.exercises.attempt(cluster, now));
  }

  #requireEmpty(): void {
    if (!this.#host.isEmpty) throw new Error('the object is in use');
  }

  async #judge<Result>(work: (cluster: Cluster, now: number) => Result): Promise<Result | undefined> {
    const ready = await this.#host.ready();
    if ('refused' in ready) return undefined;
    const result = work(ready.cluster, Date.now());
    this.#host.settle(ready.cluster);
    return result;
  }

  /** Opens a stream of gradings: the answer is a socket, or 404. */
  async #followGrade(): Promise<Response> {
    const grading = await this.grade();
    if (grading === undefined) return new Response('no exercise', { status: 404 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#host.grades.accept(server, grading);
    const { cluster } = this.#host;
    if (cluster !== undefined) this.#host.settle(cluster);
    return new Response(null, { status: 101, webSocket: client });
  }

  // Time.

  async clock(): Promise<ClockState> {
    return this.#host.require().clock(Date.now());
  }

  async repace(change: { readonly rate?: number; readonly paused?: boolean }): Promise<ClockState> {
    return this.#host.turn((cluster, now) => cluster.repace(change, now));
  }

  advance(until: number): Promise<AdvanceOutcome> {
    return this.#host.advance(until);
  }

  // Limits and usage.

  async usage(): Promise<ClusterReport> {
    const cluster = this.#host.require();
    const { served, refused } = this.#host.gate.counts;
    return {
      ...cluster.usage(),
      watches: this.#host.sockets.size,
      requests: served,
      refusedRequests: refused,
      limits: cluster.limits(),
    };
  }

  async limit(limits: ClusterLimits): Promise<void> {
    this.#host.require().setLimits(limits);
    this.#host.gate.limit(limits, Date.now());
  }

  // Keys and tokens.

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
    if (revoked) this.#host.sockets.closeOf(id);
    return revoked;
  }

  exchangeCertificate(proof: string): Promise<CertificateVerdict> {
    return this.#credentials((credentials) => credentials.exchangeCertificate(proof));
  }

  podToken(namespace: string, pod: string): Promise<string | undefined> {
    return this.#credentials((credentials) => credentials.podToken(namespace, pod));
  }

  async #credentials<Result>(work: (credentials: ClusterCredentials) => Result): Promise<Result> {
    const ready = await this.#host.ready();
    if ('refused' in ready) throw new Error(`the cluster answers ${ready.refused.status}`);
    const result = ready.cluster.credentials(work, Date.now());
    this.#host.settle(ready.cluster);
    return result;
  }

  // Access and audit.

  async access(question: AccessQuestion): Promise<AccessAnswer> {
    return this.#host.turn((cluster, now) => cluster.access(question, now));
  }

  async podSecurity(change?: { readonly configuration: unknown }): Promise<PodSecurityAnswer> {
    return this.#host.require().podSecurity(change);
  }

  async reconcilePolicy(): Promise<readonly ChangedPolicy[]> {
    return this.#host.turn((cluster, now) => cluster.reconcilePolicy(now));
  }

  async audit(query: AuditQuery): Promise<AuditPage> {
    return this.#host.require().audit.page(query);
  }

  async denialIds(wanted?: boolean): Promise<boolean> {
    return this.#host.require().audit.denialIds(wanted);
  }

  async auditPolicy(change?: { readonly policy: unknown }): Promise<AuditPolicyAnswer> {
    const { audit } = this.#host.require();
    const problems = change === undefined ? [] : audit.setPolicy(change.policy);
    return { ...audit.policy(), problems };
  }
}
