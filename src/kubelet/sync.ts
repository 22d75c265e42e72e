import type { Context, EventNote } from '../controllers/contract.ts';
import type { Container, ContainerStatus, Node, Pod } from '../kinds/generated/types.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { type LifePace, lifePaces } from './latency.ts';
import type { AddressBook } from './pod-address.ts';

/** A pod with what its processes can be told about. */
export interface Scene {
  readonly pod: Pod;
  readonly context: Pick<Context, 'lookup' | 'random' | 'issuer'>;
}

/** One look of a kubelet at one of its pods: what it reads, and what it collects to be written at the end. */
export interface Sync {
  readonly context: Context;
  readonly now: Instant;
  readonly pod: Pod;
  readonly node: Node;
  readonly pace: LifePace;
  readonly addresses: AddressBook;
  readonly notes: EventNote[];
  /** Images pulled in this look, by normalised name, with their size. */
  readonly pulled: Map<string, number>;
  /** The next instant at which something happens. */
  next: Instant | undefined;
}

/** Starts a look. */
export const makeSync = (context: Context, pod: Pod, node: Node, addresses: AddressBook): Sync => ({
  context,
  now: context.now,
  pod,
  node,
  pace: lifePaces[context.latency],
  addresses,
  notes: [],
  pulled: new Map(),
  next: undefined,
});

/** Asks for another look at an instant; the earliest wins. An instant that has passed is now. */
export const lookAgain = (sync: Sync, at: Instant): void => {
  const due = Math.max(at, sync.now);
  if (sync.next === undefined || due < sync.next) sync.next = due;
};

/** Which list of the spec a container comes from. */
export type Role = 'init' | 'main' | 'ephemeral';

/** A container of the pod with what its status says. */
export interface Unit {
  readonly container: Container;
  readonly role: Role;
  readonly status: ContainerStatus | undefined;
}

/** The containers of a role with their statuses. */
export const unitsOf = (pod: Pod, role: Role): readonly Unit[] => {
  const { spec, status } = pod;
  const [containers, statuses] =
    role === 'init'
      ? [spec?.initContainers, status?.initContainerStatuses]
      : role === 'main'
        ? [spec?.containers, status?.containerStatuses]
        : [spec?.ephemeralContainers, status?.ephemeralContainerStatuses];
  return (containers ?? []).map((container) => ({
    container,
    role,
    status: statuses?.find(({ name }) => name === container.name),
  }));
};

const FIELDS: Readonly<Record<Role, string>> = {
  init: 'initContainers',
  main: 'containers',
  ephemeral: 'ephemeralContainers',
};

/** The path of the container in its pod, as events name it. */
export const containerPath = (unit: Unit): string => `spec.${FIELDS[unit.role]}{${unit.container.name}}`;

/** Notes an event about a container of the pod. */
export const noteContainer = (
  sync: Sync,
  unit: Unit,
  type: EventNote['type'],
  reason: string,
  message: string,
): void => {
  sync.notes.push({ type, reason, message, fieldPath: containerPath(unit) });
};

/** Notes an event about the pod itself. */
export const notePod = (sync: Sync, type: EventNote['type'], reason: string, message: string): void => {
  sync.notes.push({ type, reason, message });
};

/** A value in [0, 1) that belongs to this pod (and whatever parts say). */
export const drawFor = (sync: Scene, purpose: string, ...parts: readonly (string | number)[]): number =>
  sync.context.random(purpose, sync.pod.metadata.uid ?? '', ...parts);

/** Hex digits that belong to this pod. */
export const hexFor = (
  sync: Sync,
  digits: number,
  purpose: string,
  ...parts: readonly (string | number)[]
): string => {
  let text = '';
  for (let index = 0; text.length < digits; index += 1) {
    text += Math.floor(drawFor(sync, purpose, ...parts, index) * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
  return text.slice(0, digits);
};

/** An instant from the text of a status; 0 when it is absent. */
export const instantOf = (text: string | undefined): Instant => parseTime(text ?? '') ?? 0;
