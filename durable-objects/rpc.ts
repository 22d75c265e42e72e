/** What the Worker may ask of a cluster object. The object is reachable only through the Worker's binding. */

import type { CoreRequest, CoreResponse } from '../src/api/contract.ts';
import type {
  AccessAnswer,
  AccessQuestion,
  AuditPage,
  AuditPolicy,
  AuditQuery,
  CertificateVerdict,
  ChangedPolicy,
  ClockState,
  ClusterCredentials,
  ClusterSettings,
  ClusterUsage,
  PodSecurityAnswer,
  PublicJwk,
  UserTokenRecord,
} from '../src/cluster/contract.ts';
import type { Exercise, Grading, Rehearsal, RehearsalReport } from '../src/exercise/contract.ts';
import type { ClusterLimits } from '../src/machinery/cluster-limits.ts';
import type { AttemptReport, Staging } from './exercise-host.ts';

export type {
  AccessAnswer,
  AccessQuestion,
  AttemptReport,
  AuditPage,
  AuditQuery,
  CertificateVerdict,
  ChangedPolicy,
  ClockState,
  PodSecurityAnswer,
  PublicJwk,
  Staging,
  UserTokenRecord,
};

/** What the platform, not the cluster, decides about the object. */
export interface ClusterLease {
  /** Wall instant at which the object deletes itself with all its data; absent: never. */
  readonly expiresAt?: number;
}

/** The outcome of `create`: `exists` when the object already holds a cluster, which is left as it is. */
export type CreateOutcome = 'created' | 'exists';

/**
 * An answer on its way to the edge. Remote calls carry at most 32 MiB at once, so a large body is a stream beside an
 * empty `body`.
 */
export type ServedResponse = CoreResponse & {
  readonly stream?: ReadableStream<Uint8Array>;
  /** Refused because too much was asked: asking again at once is of no use, and need not come here. */
  readonly isBusy?: true;
};

/** The audit policy in force, and what is wrong with the one that was to be set (then nothing was changed). */
export interface AuditPolicyAnswer {
  readonly policy: AuditPolicy;
  readonly isDefault: boolean;
  readonly problems: readonly string[];
}

/** What a cluster holds, and what it did since its object came into memory. */
export interface ClusterReport extends ClusterUsage {
  readonly watches: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly limits: ClusterLimits;
}

/**
 * The clock after an advance. With `restSeconds` not all work was done, because the cluster has used up what its plan
 * allows: the rest goes on with the next request from then on.
 */
export type AdvanceOutcome = ClockState & { readonly restSeconds?: number };

/** Remote calls of a cluster object. Watches do not go this way: they are `fetch` with an upgrade. */
export interface ClusterRpc {
  /** Makes the cluster's first objects. */
  create(settings: ClusterSettings, lease: ClusterLease, limits?: ClusterLimits): Promise<CreateOutcome>;
  /**
   * Makes a cluster and puts an exercise on in it, in one go. The settings' `startsAt` must lie the exercise's age
   * back. Throws when the object holds a cluster already.
   */
  stage(
    settings: ClusterSettings,
    lease: ClusterLease,
    limits: ClusterLimits,
    exercise: Exercise,
  ): Promise<Staging>;
  /** Begins the exercise again in a fresh cluster with the same name, users' tokens and lease. Throws without one. */
  restage(): Promise<Staging>;
  /** Judges the exercise's checks; `undefined` without an exercise. */
  grade(): Promise<Grading | undefined>;
  /** What the learner made of the exercise; `undefined` without one. */
  attempt(): Promise<AttemptReport | undefined>;
  /** Plays an exercise in an empty object, which is empty again afterwards. */
  rehearse(settings: ClusterSettings, plan: Rehearsal): Promise<RehearsalReport>;
  /** What it holds and did. Throws when there is no cluster, as the next does. */
  usage(): Promise<ClusterReport>;
  /** Puts other limits in force, e.g. because its owner's plan changed. */
  limit(limits: ClusterLimits): Promise<void>;
  /** Lets it live for another time than it was made for; false when there is no cluster. */
  extend(lease: ClusterLease): Promise<boolean>;
  /** Serves one request that is not a watch. 404 when the object holds no cluster. */
  serve(request: CoreRequest): Promise<ServedResponse>;
  /** The cluster's clock. This and the next two throw when there is no cluster. */
  clock(): Promise<ClockState>;
  /** Pauses, resumes or changes the rate. */
  repace(change: {
    readonly rate?: number | undefined;
    readonly paused?: boolean | undefined;
  }): Promise<ClockState>;
  /** Moves the clock forward to an instant of cluster time and does everything due on the way. */
  advance(until: number): Promise<AdvanceOutcome>;
  /** A question about access, answered from the state of now. Throws when there is no cluster. */
  access(question: AccessQuestion): Promise<AccessAnswer>;
  /** Defaults and exemptions of Pod Security; with a change they are set first. Throws when there is no cluster. */
  podSecurity(change?: { readonly configuration: unknown }): Promise<PodSecurityAnswer>;
  /** Repairs default roles and bindings. Throws when there is no cluster. */
  reconcilePolicy(): Promise<readonly ChangedPolicy[]>;
  /** A page of the audit log. This and the next throw when there is no cluster. */
  audit(query: AuditQuery): Promise<AuditPage>;
  /** Whether denials carry their audit id in their details; given, it is set first. */
  denialIds(wanted?: boolean): Promise<boolean>;
  /** The audit policy; with a change it is set first (`undefined` goes back to the default). */
  auditPolicy(change?: { readonly policy: unknown }): Promise<AuditPolicyAnswer>;
  /** Works on the cluster's credentials; see `ClusterCredentials`. Each throws when there is no cluster. */
  publicKeys(): Promise<readonly PublicJwk[]>;
  rotateKeys(options: { readonly forget: boolean }): Promise<readonly PublicJwk[]>;
  addUserToken(record: UserTokenRecord): Promise<boolean>;
  userTokens(query: Parameters<ClusterCredentials['userTokens']>[0]): Promise<readonly UserTokenRecord[]>;
  /** Also ends the watches that were opened with the token. */
  revokeUserToken(id: string): Promise<boolean>;
  exchangeCertificate(proof: string): Promise<CertificateVerdict>;
  podToken(namespace: string, pod: string): Promise<string | undefined>;
  /** Ends all watches cleanly, e.g. before the server stops; clients come back when they like. */
  endWatches(): Promise<void>;
  /** Deletes everything the object holds and ends its watches; calling it again does nothing. */
  destroy(): Promise<void>;
}

/** Header of the internal upgrade request for a stream of gradings (JSON, one a message). */
export const GRADE_REQUEST_HEADER = 'kubicle-grade';

/** Header of the internal upgrade request that carries the `CoreRequest` (without body) as ASCII JSON. */
export const WATCH_REQUEST_HEADER = 'kubicle-request';

/** Header of the answer to it that carries `WatchStart` as ASCII JSON. */
export const WATCH_START_HEADER = 'kubicle-watch';

/** How the client's stream is to be opened. Its first frames follow on the socket. */
export interface WatchStart {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** JSON that may stand in a header: everything outside ASCII is escaped. */
export const printHeaderJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
