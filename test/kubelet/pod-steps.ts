/** Small steps of pods' histories. */

import { POD } from './pod-history.ts';

/** The step that deletes the pod, at an instant of its history in milliseconds. */
export const deleteAt = (at: number) => ({ at, method: 'DELETE', url: POD });

/** States of a history without their instants. */
export const phases = (states: readonly string[]) =>
  states.map((state) => state.split(' ').slice(1).join(' '));
