/**
 * What an exercise asks of a cluster (checks) and does to it (steps), resolved: no variables are left. This folder
 * holds the pure part that runs inside the cluster, at one revision; formats, storage and accounts are elsewhere.
 */

import type { Identity } from '../auth/identity.ts';

/** A text in the languages of the product. */
export interface Localized {
  readonly en: string;
  readonly zh?: string | undefined;
}

/** Names a resource: `pods`, `pods/log`, `deployments.apps`, `deployments.apps/scale`; `*` where rules allow it. */
export type ResourceText = string;

/** Objects of one kind, by name or labels; an absent namespace is `default` for one object, all of them for several. */
export interface Selection {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** A label selector as kubectl takes it: `app=web,tier in (a,b)`. */
  readonly selector?: string | undefined;
}

/** Objects that match a pattern (see match.ts). Without `count` at least one must; `absent` means none may. */
export interface ObjectCheck extends Selection {
  readonly match?: unknown;
  readonly absent?: true | undefined;
  readonly count?: Bounds | undefined;
}

/** A number within bounds, both inclusive. */
export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** An expression that must be true; each selection is a variable: an object or null with a name, else a list. */
export interface CelCheck {
  readonly objects: Readonly<Record<string, Selection>>;
  readonly expression: string;
  readonly message?: Localized | undefined;
}

/** Rights: every verb on every resource in one namespace (absent: across the cluster), or paths. */
export interface Access {
  readonly verbs: readonly string[];
  readonly resources?: readonly ResourceText[] | undefined;
  readonly namespace?: string | undefined;
  readonly names?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
}

/** What a subject must be able and must not be able to do. `only`: nothing beyond these rights. */
export interface AuthzCheck {
  readonly subject: Identity;
  readonly can?: readonly Access[] | undefined;
  readonly cannot?: readonly Access[] | undefined;
  readonly only?: readonly Access[] | undefined;
}

/** Requests that must, or must not, be in the audit log since the exercise began. Absent fields mean any. */
export interface AuditCheck {
  readonly username?: string | undefined;
  /** The user whose rights were used, when the request was made by impersonation. */
  readonly impersonating?: string | undefined;
  readonly verbs?: readonly string[] | undefined;
  readonly resource?: ResourceText | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** `denied` is a 403; `allowed` any answer below 400; `failed` any other refusal. */
  readonly outcome?: 'allowed' | 'denied' | 'failed' | undefined;
  readonly count?: Bounds | undefined;
}

/** Exactly one of the members is there. */
export interface Predicate {
  readonly object?: ObjectCheck | undefined;
  readonly cel?: CelCheck | undefined;
  readonly authz?: AuthzCheck | undefined;
  readonly audit?: AuditCheck | undefined;
  readonly all?: readonly Predicate[] | undefined;
  readonly any?: readonly Predicate[] | undefined;
  readonly not?: Predicate | undefined;
  /** The condition must have held at every revision of the last seconds of cluster time. */
  readonly stable?: { readonly seconds: number; readonly check: Predicate } | undefined;
}

/** One check of an exercise. */
export interface Check extends Predicate {
  readonly id: string;
  readonly points: number;
  /** Checks that must have passed, or this one is failed without being looked at. */
  readonly requires?: readonly string[] | undefined;
}

/** `error`: the check could not be judged; neither a pass nor the learner's failure. */
export type Outcome = 'passed' | 'failed' | 'error';

/** What a predicate found. */
export interface Finding {
  readonly outcome: Outcome;
  readonly evidence: readonly Localized[];
  /** Cluster instant at which the outcome may change although nothing is written. */
  readonly recheckAt?: number;
}

/** A check's verdict. */
export interface Verdict extends Finding {
  readonly id: string;
  readonly points: number;
}

/** All verdicts at one revision. */
export interface Grading {
  readonly revision: number;
  /** Cluster time. */
  readonly at: number;
  readonly verdicts: readonly Verdict[];
  readonly recheckAt?: number;
}

/** One object, by kind or by resource. */
export interface StepTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What a step must be answered with: `allowed` is any answer below 400. */
export type Expectation = 'allowed' | 'denied' | number;

/**
 * One thing somebody does, in kubectl's words but as data. Exactly one of the verbs is there; `as` names a persona
 * (absent: the cluster's admin).
 */
export interface Step {
  readonly as?: string | undefined;
  readonly impersonate?: {
    readonly user?: string | undefined;
    readonly groups?: readonly string[] | undefined;
  };
  readonly expect?: Expectation | undefined;
  readonly apply?: readonly unknown[] | undefined;
  readonly create?: readonly unknown[] | undefined;
  readonly replace?: readonly unknown[] | undefined;
  readonly delete?: (StepTarget & { readonly ignoreNotFound?: boolean | undefined }) | undefined;
  readonly patch?:
    | (StepTarget & {
        readonly type?: 'strategic' | 'merge' | 'json' | undefined;
        readonly subresource?: string | undefined;
        readonly patch: unknown;
      })
    | undefined;
  readonly label?: (StepTarget & { readonly set: Readonly<Record<string, string | null>> }) | undefined;
  readonly annotate?: (StepTarget & { readonly set: Readonly<Record<string, string | null>> }) | undefined;
  readonly scale?: (StepTarget & { readonly replicas: number }) | undefined;
  readonly setImage?: (StepTarget & { readonly images: Readonly<Record<string, string>> }) | undefined;
  readonly restart?: StepTarget | undefined;
  /** Back to the revision before, or to one by its number (Deployments). */
  readonly undo?: (StepTarget & { readonly toRevision?: number | undefined }) | undefined;
  /** Approves or denies a CertificateSigningRequest. */
  readonly certificate?: { readonly name: string; readonly decision: 'approve' | 'deny' } | undefined;
  readonly get?: (Selection & { readonly subresource?: string | undefined }) | undefined;
  /** Any request of the API. */
  readonly request?:
    | {
        readonly method: string;
        readonly path: string;
        readonly query?: string | undefined;
        readonly headers?: Readonly<Record<string, string>> | undefined;
        readonly body?: unknown;
      }
    | undefined;
  /** Lets cluster time pass. */
  readonly wait?: { readonly seconds: number } | undefined;
}

/** A refusal or surprise of a step. */
export interface StepFailure {
  /** Position in the list of steps. */
  readonly step: number;
  readonly code: number;
  readonly message: string;
}

/** Who learners and steps act as. */
export type Actors = Readonly<Record<string, Identity>>;

/** An exercise as a cluster plays it. */
export interface Exercise {
  /** Objects of the first state, in the order they are made; namespaces and definitions come first. */
  readonly manifests: readonly unknown[];
  /** What happened before the learner came, e.g. requests that fill the audit log. */
  readonly setup: readonly Step[];
  readonly actors: Actors;
  readonly checks: readonly Check[];
  /** Cluster seconds between the cluster's first instant and the learner's. */
  readonly ageSeconds: number;
  /** Cluster instant the learner starts at; absent: the present. */
  readonly startsAt?: number | undefined;
  /** The clock the learner finds; absent fields mean real time. */
  readonly pace: { readonly paused?: boolean | undefined; readonly rate?: number | undefined };
}

/** One play of an exercise in a fresh cluster. */
export interface Rehearsal {
  readonly exercise: Exercise;
  readonly steps: readonly Step[];
  /** Cluster seconds that pass between the last step and the grading. */
  readonly settleSeconds: number;
}

/** How a play ended. Failures of manifests and steps keep nothing from being graded. */
export interface RehearsalReport {
  readonly manifestFailures: readonly StepFailure[];
  readonly setupFailures: readonly StepFailure[];
  readonly stepFailures: readonly StepFailure[];
  readonly grading: Grading;
}
