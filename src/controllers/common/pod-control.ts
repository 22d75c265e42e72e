/** Making and deleting pods with the Events upstream's RealPodControl records. */

import type { Pod } from '../../kinds/generated/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { StatusError } from '../../machinery/status.ts';
import type { Context } from '../contract.ts';

/** Why a pod could not be made or deleted. */
export interface Failure {
  readonly message: string;
  readonly error: StatusError;
  /** The namespace is going away: nobody is told and nobody retries. */
  readonly namespaceTerminating: boolean;
}

/** What came of a create. */
export interface Made {
  readonly pod?: Pod;
  readonly failure?: Failure;
}

const toFailure = (error: unknown): Failure => {
  if (!(error instanceof StatusError)) throw error;
  return {
    message: error.message,
    error,
    namespaceTerminating: (error.status.details?.causes ?? []).some(
      (cause) => cause.reason === 'NamespaceTerminating',
    ),
  };
};

/** Creates a pod and records SuccessfulCreate or FailedCreate about its owner. Never throws a StatusError. */
export const createPod = ({ client }: Context, owner: KubeObject, pod: Pod): Made => {
  try {
    const made = client.create('pods', pod);
    client.event(owner, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${made.metadata.name ?? ''}`,
    });
    return { pod: made };
  } catch (error) {
    const failure = toFailure(error);
    if (!failure.namespaceTerminating) {
      client.event(owner, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating: ${failure.message}`,
      });
    }
    return { failure };
  }
};

/** Deletes a pod and records SuccessfulDelete or FailedDelete about its owner; a pod that is gone is no failure. */
export const deletePod = ({ client }: Context, owner: KubeObject, pod: Pod): Failure | undefined => {
  const name = pod.metadata.name ?? '';
  try {
    const uid = pod.metadata.uid;
    if (!client.delete('pods', pod.metadata.namespace ?? '', name, uid === undefined ? {} : { uid }))
      return undefined;
    client.event(owner, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
    return undefined;
  } catch (error) {
    const failure = toFailure(error);
    client.event(owner, {
      type: 'Warning',
      reason: 'FailedDelete',
      message: `Error deleting: ${failure.message}`,
    });
    return { ...failure, message: `unable to delete pods: ${failure.message}` };
  }
};
