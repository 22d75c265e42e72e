/**
 * The gate every write passes after authentication and authorization: first everything that may change the
 * object, then everything that may only refuse. A controller's write and a user's write pass the same gate.
 * Plugins read through the lookup; the one that writes is the quota, through the context.
 */

import type { Authorizer } from '../auth/rbac.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Draft } from '../machinery/object.ts';
import type { AskOutside } from '../machinery/outside.ts';
import { forbidden, type StatusError, telling } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import type { PodSecurityConfiguration } from './pod-security/configuration.ts';
import type { AdmissionOperation, AdmissionRequest } from './request.ts';
import type { Room } from './room.ts';

/** What the composition root gives the plugins for one write. */
export interface AdmissionContext {
  readonly now: Instant;
  readonly lookup: Lookup;
  /** Derived randomness: an integer in [0, bound). */
  random(purpose: string, bound: number): number;
  readonly authorizer: Authorizer;
  /** Writes resourcequotas/status as the system, inside the transaction of the write that is admitted. */
  updateQuotaStatus(namespace: string, name: string, status: Readonly<Record<string, unknown>>): void;
  /** What the cluster may hold; absent: whatever there is room for. */
  readonly room?: Room;
  /** What Pod Security holds for namespaces without labels, and whom it lets through; absent: nothing, nobody. */
  podSecurity?(): PodSecurityConfiguration;
  /** Adds an annotation to the audit record of the request, if there is one. */
  audit?(key: string, value: string): void;
  /** Replies to calls of webhooks; throws OutsideNeeded while some are missing. Absent: nothing may be called. */
  readonly ask?: AskOutside;
  /** Whether an address may be called at all. */
  readonly reaches?: (url: string) => boolean;
}

/** The context as a plugin sees it. */
export interface PluginContext extends AdmissionContext {
  /** Adds a text to the Warning headers of the response. */
  warn(text: string): void;
  /** Shows the object to all mutating plugins again, once: one that comes late changed it. */
  reinvoke?(): void;
  /** True when the plugins run again, because one that came late changed the object. */
  readonly isSecond?: boolean;
}

export type Phase = 'mutate' | 'validate';

export interface AdmissionPlugin {
  /** Upstream's name. */
  readonly name: string;
  readonly operations: readonly AdmissionOperation[];
  /**
   * `pods`, `pods/binding`, `deployments.apps`: exactly these resources and subresources. `*` is every one,
   * and the plugin decides for itself.
   */
  readonly resources: readonly string[];
  /** Changes `request.object` in place, or throws a StatusError. Must be idempotent. */
  readonly mutate?: (request: AdmissionRequest, context: PluginContext) => void;
  /** Throws a StatusError to refuse. Never changes the object. */
  readonly validate?: (request: AdmissionRequest, context: PluginContext) => void;
  /** Known, but not run unless a list names it explicitly. */
  readonly disabled?: true;
}

export interface AdmissionDeps {
  readonly plugins: readonly AdmissionPlugin[];
  readonly context: () => AdmissionContext;
}

/** Custom kinds may come and go: the table of what was found is emptied before it grows past this. */
const MOST_KNOWN = 4096;

/** How plugins and quotas name what a request is about: `deployments.apps`, `pods/binding`. */
export const requestResource = ({ kind, subresource }: AdmissionRequest): string => {
  const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  return subresource ? `${resource}/${subresource}` : resource;
};

type Run = NonNullable<AdmissionPlugin[Phase]>;

/** What the enabled plugins do about one operation on one resource in a phase, in order; found once. */
const makeRuns = (plugins: readonly AdmissionPlugin[]) => {
  const enabled = plugins.filter((plugin) => plugin.disabled === undefined);
  const known = new Map<string, readonly Run[]>();
  return (operation: AdmissionOperation, resource: string, phase: Phase): readonly Run[] => {
    const name = `${phase} ${operation} ${resource}`;
    let runs = known.get(name);
    if (runs === undefined) {
      runs = enabled
        .filter(({ operations }) => operations.includes(operation))
        .filter(({ resources }) => resources.includes('*') || resources.includes(resource))
        .flatMap((plugin) => plugin[phase] ?? []);
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(name, runs);
    }
    return runs;
  };
};

/** Runs one phase of the chain; returns the warnings. Throws the first refusal. */
export const makeAdmission = ({ plugins, context }: AdmissionDeps) => {
  const runsOf = makeRuns(plugins);
  return (request: AdmissionRequest, phase: Phase): readonly string[] => {
    const warnings: string[] = [];
    const runs = runsOf(request.operation, requestResource(request), phase);
    let shared: PluginContext | undefined;
    let again = false;
    const pass = (isSecond: boolean): void => {
      for (const run of runs) {
        shared ??= {
          ...context(),
          warn: (text) => warnings.push(text),
          reinvoke: () => {
            again = true;
          },
        };
        run(request, isSecond ? { ...shared, isSecond } : shared);
      }
    };
    telling(warnings, () => {
      pass(false);
      if (again) pass(true);
    });
    return warnings;
  };
};

/** The name a refusal gives: the request's, else the object's name or its generateName, else `Unknown`. */
export const nameOf = (request: AdmissionRequest): string => {
  if (request.name !== '') return request.name;
  const metadata = request.object?.['metadata'] as { name?: string; generateName?: string } | undefined;
  return metadata?.name || metadata?.generateName || 'Unknown';
};

/** The 403 of a plugin: `pods "x" is forbidden: <message>`. */
export const refuse = (request: AdmissionRequest, message: string): StatusError =>
  forbidden({ group: request.kind.group, resource: request.kind.resource }, nameOf(request), message);

/** The draft as its type, for reading. */
export const readDraft = <Type>(draft: Draft | undefined): Type => draft as unknown as Type;
