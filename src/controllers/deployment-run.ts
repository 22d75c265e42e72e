import type { Deployment } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import type { Context, Outcome } from './contract.ts';
import { REVISION } from './deployment-revisions.ts';

type Status = NonNullable<Deployment['status']>;

/**
 * One sync of a Deployment: its working copy, and what the sync will ask for at its end. After its first
 * status write the copy is stale, as upstream's is: a second write in the same sync is a conflict, which ends it.
 */
export class DeploymentRun {
  readonly context: Context;
  deployment: Deployment;
  #written = false;
  #retry = false;
  #next: number | undefined;

  constructor(context: Context, deployment: Deployment) {
    this.context = context;
    this.deployment = deployment;
  }

  /** True when the sync failed and may do nothing more. */
  get stopped(): boolean {
    return this.#retry;
  }

  /** Ends the sync with a back-off; what was written stays. */
  retry(): void {
    this.#retry = true;
  }

  /** Asks to run again at the instant; the earliest wins. */
  wakeAt(at: number): void {
    this.#next = Math.min(this.#next ?? at, at);
  }

  outcome(): Outcome {
    if (this.#retry) return { at: this.context.now, retry: true };
    return this.#next === undefined ? undefined : { at: this.#next };
  }

  setStatusField(fields: Partial<Status>): void {
    this.deployment = { ...this.deployment, status: { ...this.deployment.status, ...fields } as Status };
  }

  setConditions(conditions: Status['conditions']): void {
    this.setStatusField({ conditions: conditions as never });
  }

  /** Sets the revision annotation on the copy; true when it changed. */
  setRevision(revision: string): boolean {
    const { metadata } = this.deployment;
    if (metadata.annotations?.[REVISION] === revision) return false;
    const annotations = { ...metadata.annotations, [REVISION]: revision };
    this.deployment = { ...this.deployment, metadata: { ...metadata, annotations } };
    return true;
  }

  /** The instant as conditions print it. */
  stamp(): string {
    return printTime(this.context.now);
  }

  /** Writes the copy's status (and annotations) through the status subresource. */
  writeStatus(status?: Status): void {
    if (this.#written) {
      this.retry();
      return;
    }
    if (status !== undefined) this.deployment = { ...this.deployment, status };
    const { deployment } = this;
    const { namespace = '', name = '', annotations } = deployment.metadata;
    this.context.client.updateStatus('deployments.apps', namespace, name, (current) => ({
      ...current,
      metadata: { ...current.metadata, ...(annotations === undefined ? {} : { annotations }) },
      ...(deployment.status === undefined ? {} : { status: deployment.status }),
    }));
    this.#written = true;
  }
}
