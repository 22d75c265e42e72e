/** The running cluster as its two callers (the Durable Object and the test harness) see it. */

import type {
  CoreAwait,
  CoreRequest,
  CoreResponse,
  CoreWatch,
  Drained,
  Subscription,
} from '../api/contract.ts';
import type { PublicJwk } from '../auth/authority.ts';
import type { Latency } from '../controllers/contract.ts';
import type { Check, Grading } from '../exercise/contract.ts';
import type { Resolved } from '../kinds/catalog-contract.ts';
import type { ClusterLimits } from '../machinery/cluster-limits.ts';
import type { Descriptions } from '../machinery/descriptions.ts';
import type { OutsideCall, OutsideReply, Resume } from '../machinery/outside.ts';
import type { Instant } from '../machinery/time.ts';
import type { JournalPort, SqlPort } from '../ports.ts';
import type { Revision } from '../store/reader.ts';
import type { UserTokenRecord, UserTokenSubject } from '../store/user-tokens.ts';
import type { AccessAnswer, AccessQuestion } from './access/questions.ts';
import type { AttemptChange, Baseline } from './attempt.ts';
import type { ClusterAudit } from './audit.ts';
import type { ChangedPolicy } from './default-policy.ts';
import type { PodSecurityAnswer } from './pod-security.ts';

export type { Policy as AuditPolicy } from '../audit/policy.ts';
export type { AuditPage, AuditQuery } from '../audit/query.ts';
export type { AccessAnswer, AccessQuestion, ChangedPolicy, PodSecurityAnswer };

export interface ClusterPorts {
  readonly sql: SqlPort;
  readonly journal: JournalPort;
  /** Prose of built-in types for `kubectl explain`; without it everything works, unexplained. */
  readonly descriptions?: () => Descriptions | undefined;
  /** Whether webhooks at an https address may be called. Absent: nothing is ever called. */
  readonly reaches?: (url: string) => boolean;
  /** Reconciles that catching up after a sleep may cost; absent means the default. */
  readonly catchUpBudget?: number;
  /** Memory for cached objects in bytes; absent means the store's default, 0 turns caches off. */
  readonly cacheBytes?: number;
  /** 32 fresh random bytes that all keys of the cluster follow from; absent: they follow from the seed, for tests. */
  readonly makeSecret?: () => Uint8Array;
}

export type { PublicJwk, UserTokenRecord, UserTokenSubject };

/** Whom a client certificate speaks for and how long a token for it may last; or why there is none. */
export type CertificateVerdict =
  | (UserTokenSubject & { readonly ttlSeconds: number })
  | { readonly error: string };

/** What the platform may ask of a cluster's credentials. */
export interface ClusterCredentials {
  /** The keys that verify the cluster's own tokens, newest first. */
  publicKeys(): readonly PublicJwk[];
  /**
   * Begins a new key. Tokens of older ones stay good until they end, unless they are to be forgotten: then every token
   * of a service account is refused from now on, and token Secrets are filled anew.
   */
  rotateKeys(options: { readonly forget: boolean }): readonly PublicJwk[];
  /** Puts a user's token on the list of those that are accepted; false when the list is full. */
  addUserToken(record: UserTokenRecord): boolean;
  /** Tokens on the list that have not ended, oldest first. */
  userTokens(query: {
    readonly limit: number;
    readonly after?: { readonly createdAt: Instant; readonly id: string };
  }): readonly UserTokenRecord[];
  /** Takes a token off the list: it is refused from the next request on. False when it is not on it. */
  revokeUserToken(id: string): boolean;
  /** Judges the proof that somebody holds a client certificate's key. A proof is good once. */
  exchangeCertificate(proof: string): CertificateVerdict;
  /** The token in a pod's volume right now, for the API server; `undefined` when there is no such pod or account. */
  podToken(namespace: string, pod: string): string | undefined;
}

/** What can be installed in a new cluster: minikube's names for the same things. */
export type Addon = 'metrics-server' | 'default-storageclass';

/** Facts fixed when a cluster is created; stored in `meta`. */
export interface ClusterSettings {
  readonly clusterId: string;
  readonly name: string;
  readonly seed: string;
  readonly latency: Latency;
  /** Worker nodes beside the control plane. */
  readonly nodes: readonly NodeSpec[];
  /** False leaves out the control-plane node; absent means it is there. */
  readonly controlPlaneNode?: boolean;
  /** What was installed when it was made; absent means nothing. */
  readonly addons?: readonly Addon[];
  /** The cluster's first instant; absent: the wall clock's. */
  readonly startsAt?: Instant;
  /** PEM of the CA that signs the front's certificate, for kube-root-ca.crt. */
  readonly caCertificate: string;
  /** Public URL of the cluster's API, issuer of service-account tokens. */
  readonly issuer: string;
  /** Address that clients reach the API server at (host:port), for the kubernetes endpoint. */
  readonly advertise: string;
}

export interface NodeSpec {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** What the caller must do after a turn. */
export interface TurnEnd {
  /** The newest revision: subscriptions whose cursor is below it may be owed frames. */
  readonly revision: Revision;
  /** Wall instant at which the cluster wants to be ticked next, if anything is due ever. */
  readonly nextDue: Instant | undefined;
  /** True when the turn's budget ended with work due before `wallNow`: tick again at once. */
  readonly unfinished: boolean;
  /** True when records of reads wait in memory: `flush` soon, not at once. */
  readonly unsaved: boolean;
}

/** What the cluster holds. Sizes are bytes. */
export interface ClusterUsage {
  readonly objects: number;
  readonly pods: number;
  readonly nodes: number;
  readonly bytes: number;
  /** The whole database: history, audit and indexes too. */
  readonly storageBytes: number;
  readonly revision: Revision;
  /** The oldest revision that can still be read. */
  readonly oldestRevision: Revision;
}

/** The cluster's clock. `now` is cluster time. */
export interface ClockState {
  readonly now: Instant;
  readonly paused: boolean;
  readonly rate: number;
}

export interface Cluster {
  /**
   * Advances to the instant, then serves the request. Never throws for what a client can cause. `await`, which comes
   * only with `ports.reaches`, asks to be called again with `resume` and the replies.
   */
  handle(request: CoreRequest, wallNow: Instant, resume?: Resume): CoreResponse | CoreWatch | CoreAwait;
  /** Calls that controllers' writes wait for and that nobody was given yet. Whoever takes them reports back. */
  takeCalls(): readonly OutsideCall[];
  /** The reply to a call of `takeCalls`: what waited for it becomes due. */
  replied(id: string, reply: OutsideReply, wallNow: Instant): TurnEnd;
  /** Advances to the instant, doing at most `budget` pieces of work: alarms and pumping. */
  tick(wallNow: Instant, budget?: number): TurnEnd;
  /** Frames a subscription is owed; reads the log after its cursor. */
  drain(subscription: Subscription): Drained;
  /** Records that a watch ended; `record` is the number of its start (`CoreWatch`). */
  endWatch(record: number, wallNow: Instant): void;
  /** The audit log. */
  readonly audit: ClusterAudit;
  /** Advances to the instant and answers a question about access there. */
  access(question: AccessQuestion, wallNow: Instant): AccessAnswer;
  /** Defaults and exemptions of Pod Security; with a change they are set first. */
  podSecurity(change?: { readonly configuration: unknown }): PodSecurityAnswer;
  /** Repairs default roles and bindings, as an API server does when it starts; returns what it changed. */
  reconcilePolicy(wallNow: Instant): readonly ChangedPolicy[];
  /** Writes audit records that wait in memory for the next write: one row for all of them. */
  flush(): void;
  /** What the cluster may use; what is absent is not limited. */
  limits(): ClusterLimits;
  setLimits(limits: ClusterLimits): void;
  usage(): ClusterUsage;
  /** Work since the cluster was opened, in reads of an object; a write counts as fifty. */
  work(): number;
  /** Removes some history although it is young, because the database is running full. True when there is more. */
  relieve(wallNow: Instant): boolean;
  /** The state after the last turn. */
  end(): TurnEnd;
  /** Advances to the instant, then works on the cluster's credentials. */
  credentials<Result>(work: (credentials: ClusterCredentials) => Result, wallNow: Instant): Result;
  clock(wallNow: Instant): ClockState;
  /** Pauses, resumes or changes the rate (cluster seconds a wall second, above 0); time itself does not jump. */
  repace(change: { readonly rate?: number; readonly paused?: boolean }, wallNow: Instant): ClockState;
  /**
   * Sets cluster time forward to `until` and does what is due on the way, each thing at its own instant. Tick until
   * the turn is not `unfinished`: only then all of it is done. An instant that has passed changes nothing.
   */
  advance(until: Instant, wallNow: Instant): TurnEnd;
  /** Advances to the instant and judges checks there. `began` is the cluster instant the exercise began at. */
  grade(checks: readonly Check[], began: Instant, wallNow: Instant): Grading;
  /** The present state, to be compared with later. */
  baseline(): Baseline;
  /** What learners made of a first state since. */
  attempt(baseline: Baseline): readonly AttemptChange[];
  /** The kind behind an apiVersion and kind; `undefined` when it is not served. */
  findKind(apiVersion: string, kind: string): Resolved | undefined;
}
