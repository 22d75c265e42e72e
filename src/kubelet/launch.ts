/** Starting a container: its image, its configuration, its first status (pkg/kubelet/kuberuntime and images, 1.36). */

import type { ContainerStatus, VolumeMountStatus } from '../kinds/generated/types.ts';
import { printMilliseconds } from '../machinery/duration.ts';
import { sha256Hex } from '../machinery/sha256.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { pullPhase } from './backoff.ts';
import { startErrorOf } from './commands.ts';
import { makeContainerId } from './container-id.ts';
import { postStart } from './hooks.ts';
import { type ImageName, printImageName } from './image-name.ts';
import { findImage, type Image, imageUser } from './images.ts';
import { pick } from './latency.ts';
import { missingForEnvironment, rootRefusal } from './references.ts';
import { containerPath, drawFor, hexFor, lookAgain, noteContainer, type Sync, type Unit } from './sync.ts';

const MIB = 1_048_576;

/** The image's content digest: a function of its name, as a registry's would be of its content. */
const digestOf = (name: ImageName): string => name.digest || `sha256:${sha256Hex(printImageName(name))}`;

/** The image as the status identifies it. */
const imageIdOf = (name: ImageName): string => `${name.repository}@${digestOf(name)}`;

/** Size in bytes: the profile's, with odd last digits that belong to the name. */
const sizeOf = (image: Image): number =>
  Math.round(image.profile.sizeMiB * MIB) +
  (Number.parseInt(sha256Hex(printImageName(image.name)).slice(0, 5), 16) % 997_123);

const isPresent = (sync: Sync, image: Image): boolean => {
  const name = printImageName(image.name);
  return (
    sync.pulled.has(name) ||
    (sync.node.status?.images ?? []).some(({ names }) => names?.includes(name) === true)
  );
};

/** Names of an image as a node reports it: by digest and by tag. */
export const nodeImageNames = (name: string): readonly string[] => {
  const found = findImage(name);
  return typeof found === 'string' ? [name] : [imageIdOf(found.name), name];
};

/** What pulling would take, 0 when nothing has to be pulled; the image as far as it can be told. */
interface Pull {
  readonly image: Image | string;
  readonly isNeeded: boolean;
  readonly ms: number;
}

/** What sets one pull of a container apart from the next; nothing for the first. */
const restartsOf = ({ status }: Unit): readonly number[] =>
  status?.containerID === undefined ? [] : [(status.restartCount ?? 0) + 1];

const planPull = (sync: Sync, unit: Unit): Pull => {
  const { container } = unit;
  const image = findImage(container.image ?? '');
  if (typeof image === 'string') return { image, isNeeded: false, ms: 0 };
  const { pace } = sync;
  const draw = drawFor(sync, 'pull', container.name, container.image ?? '', ...restartsOf(unit));
  const present = isPresent(sync, image);
  const policy = container.imagePullPolicy ?? 'IfNotPresent';
  if (policy === 'Never' || (present && policy !== 'Always')) return { image, isNeeded: false, ms: 0 };
  if (present || !image.exists) return { image, isNeeded: true, ms: pick(pace.recheckMs, draw) };
  return { image, isNeeded: true, ms: fullPullMs(sync, unit, image) };
};

/** Time to pull an image of which the node has nothing. */
const fullPullMs = (sync: Sync, unit: Unit, image: Image): number => {
  const draw = drawFor(sync, 'pull', unit.container.name, unit.container.image ?? '');
  return Math.round((pick(sync.pace.pullMs, draw) * (40 + image.profile.sizeMiB)) / 140);
};

/** Time from the turn of a container that never ran to its start (or the failure to start it). */
export const launchMs = (sync: Sync, unit: Unit): number => {
  const start = pick(sync.pace.startMs, drawFor(sync, 'start', unit.container.name));
  return planPull(sync, unit).ms + start + (postStart(sync, unit)?.ms ?? 0);
};

/** Notes that the pull has begun, when there is one to make: at the beginning of the container's turn. */
export const notePulling = (sync: Sync, unit: Unit): void => {
  if (planPull(sync, unit).isNeeded) {
    noteContainer(sync, unit, 'Normal', 'Pulling', `Pulling image "${unit.container.image}"`);
  }
};

const mountStatuses = (unit: Unit): readonly VolumeMountStatus[] =>
  (unit.container.volumeMounts ?? []).map((mount) => ({
    name: mount.name,
    mountPath: mount.mountPath,
    ...(mount.readOnly === true
      ? { readOnly: true, recursiveReadOnly: mount.recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled' }
      : {}),
  }));

/** The status of a container that waits: for its turn, its image, its back-off. */
export const waitingStatus = (unit: Unit, reason: string, message?: string): ContainerStatus => {
  const { status, container } = unit;
  const mounts = mountStatuses(unit);
  return {
    name: container.name,
    state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
    lastState: status?.state?.terminated
      ? { terminated: status.state.terminated }
      : (status?.lastState ?? {}),
    ready: false,
    restartCount: status?.restartCount ?? 0,
    image: status?.containerID === undefined ? (container.image ?? '') : status.image,
    imageID: status?.imageID ?? '',
    ...(status?.containerID === undefined ? {} : { containerID: status.containerID }),
    ...(unit.role === 'ephemeral' ? {} : { started: false }),
    ...(status?.containerID === undefined ? {} : resourcesOf(unit)),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  };
};

/** Resources are told of containers that the runtime knows. */
export const resourcesOf = (unit: Unit): Pick<ContainerStatus, 'allocatedResources' | 'resources'> => {
  const { requests, limits } = unit.container.resources ?? {};
  if (unit.role === 'ephemeral') return {};
  return {
    ...(requests && Object.keys(requests).length > 0 ? { allocatedResources: requests } : {}),
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
  };
};

const userOf = (sync: Sync, unit: Unit, image: Image): ContainerStatus['user'] => {
  const pod = sync.pod.spec?.securityContext;
  const own = unit.container.securityContext;
  const itself = imageUser(image);
  const uid = own?.runAsUser ?? pod?.runAsUser ?? (typeof itself === 'number' ? itself : 0);
  const gid = own?.runAsGroup ?? pod?.runAsGroup ?? 0;
  const groups = new Set([
    gid,
    ...(pod?.supplementalGroups ?? []),
    ...(pod?.fsGroup === undefined ? [] : [pod.fsGroup]),
  ]);
  return { linux: { uid, gid, supplementalGroups: [...groups].sort((a, b) => a - b) } };
};

/** The status of a container that starts now. */
const runningStatus = (
  sync: Sync,
  unit: Unit,
  image: Image,
  streak: number,
  startedAt: Instant,
): ContainerStatus => {
  const { status, container } = unit;
  const restartCount = status?.containerID === undefined ? 0 : (status.restartCount ?? 0) + 1;
  const mounts = mountStatuses(unit);
  const hex = hexFor(sync, 64, 'container', container.name, restartCount);
  const last = status?.state?.terminated ?? status?.lastState?.terminated;
  return {
    name: container.name,
    state: { running: { startedAt: printTime(startedAt) } },
    lastState: last === undefined ? {} : { terminated: last },
    ready: false,
    restartCount,
    image: printImageName(image.name),
    imageID: imageIdOf(image.name),
    containerID: makeContainerId({ startedAt, streak }, hex),
    ...(unit.role === 'ephemeral' ? {} : { started: container.startupProbe === undefined }),
    ...resourcesOf(unit),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
    user: userOf(sync, unit, image),
  };
};

const fail = (sync: Sync, unit: Unit, reason: string, message: string): ContainerStatus => {
  noteContainer(sync, unit, 'Warning', 'Failed', `Error: ${reason}`);
  return waitingStatus(unit, reason, message);
};

const pullError = (image: Image): string => {
  const name = printImageName(image.name);
  const head = `failed to pull and unpack image "${name}": failed to resolve image: `;
  if (image.repositoryExists) return `rpc error: code = NotFound desc = ${head}${name}: not found`;
  return (
    `rpc error: code = Unknown desc = ${head}pull access denied, repository does not exist or may require ` +
    'authorization: server message: insufficient_scope: authorization failed'
  );
};

/** A pull that fails, again and again: `since` is the instant of its first failure. */
const failPull = (sync: Sync, unit: Unit, image: Image, since: Instant): ContainerStatus => {
  const { container, status } = unit;
  const phase = pullPhase(sync.now - since, sync.pace.reactMs);
  const before = status?.state?.waiting?.reason;
  // `since` is known to the second only: the first failure is one, however long ago it seems.
  const isWaiting = phase.isWaiting && (before === 'ErrImagePull' || before === 'ImagePullBackOff');
  const reason = isWaiting ? 'ImagePullBackOff' : 'ErrImagePull';
  const error = pullError(image);
  if (isWaiting) {
    lookAgain(sync, since + phase.nextMs);
    const message = `Back-off pulling image "${container.image}"`;
    if (before !== reason) {
      noteContainer(sync, unit, 'Normal', 'BackOff', message);
      noteContainer(sync, unit, 'Warning', 'Failed', `Error: ${reason}`);
    }
    return waitingStatus(unit, reason, `${message}: ErrImagePull: ${error}`);
  }
  if (before !== reason) {
    if (before === 'ImagePullBackOff') notePulling(sync, unit);
    noteContainer(sync, unit, 'Warning', 'Failed', `Failed to pull image "${container.image}": ${error}`);
    noteContainer(sync, unit, 'Warning', 'Failed', `Error: ${reason}`);
  }
  // The failure is seen for a moment before the wait, even when the whole seconds of the status round it away.
  lookAgain(sync, before === reason ? since + phase.nextMs : sync.now + sync.pace.reactMs);
  return waitingStatus(unit, reason, error);
};

/** A container whose postStart hook failed is killed at once. */
const hookFailed = (sync: Sync, unit: Unit, status: ContainerStatus, failure: string): ContainerStatus => {
  noteContainer(sync, unit, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
  noteContainer(sync, unit, 'Normal', 'Killing', 'FailedPostStartHook');
  lookAgain(sync, sync.now + sync.pace.reactMs);
  const terminated = {
    exitCode: 137,
    reason: 'Error',
    startedAt: status.state?.running?.startedAt ?? printTime(sync.now),
    finishedAt: printTime(sync.now),
    ...(status.containerID === undefined ? {} : { containerID: status.containerID }),
  };
  return {
    ...status,
    state: { waiting: { reason: 'PostStartHookError', message: failure } },
    lastState: { terminated },
    started: false,
  };
};

const startWith = (sync: Sync, unit: Unit, image: Image, streak: number): ContainerStatus => {
  const missing =
    missingForEnvironment(sync.pod, unit.container, sync.context.lookup) ??
    rootRefusal(sync.pod, unit.container, imageUser(image));
  if (missing !== undefined) {
    const isNew = unit.status?.state?.waiting?.message !== missing;
    if (isNew) noteContainer(sync, unit, 'Warning', 'Failed', `Error: ${missing}`);
    return waitingStatus(unit, 'CreateContainerConfigError', missing);
  }
  noteContainer(sync, unit, 'Normal', 'Created', 'Container created');
  if (startErrorOf(unit.container, image) === undefined)
    noteContainer(sync, unit, 'Normal', 'Started', 'Container started');
  const hook = postStart(sync, unit);
  // A first start is only seen when its hook has ended; restarts are not held up by theirs.
  const isFirst = unit.status?.containerID === undefined;
  const status = runningStatus(sync, unit, image, streak, sync.now - (isFirst ? (hook?.ms ?? 0) : 0));
  return hook?.failure === undefined ? status : hookFailed(sync, unit, status, hook.failure);
};

/**
 * Starts the container now, or says why it cannot start. `due` is the instant at which its turn to start came, which
 * a failing pull counts its waits from.
 */
export const launch = (sync: Sync, unit: Unit, due: Instant, streak: number): ContainerStatus => {
  const { container, status } = unit;
  const { image, isNeeded, ms } = planPull(sync, unit);
  const reason = status?.state?.waiting?.reason;
  if (typeof image === 'string') {
    const message = `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": ${image}`;
    if (reason === 'InvalidImageName') return waitingStatus(unit, reason, message);
    noteContainer(sync, unit, 'Warning', 'InspectFailed', message);
    return fail(sync, unit, 'InvalidImageName', message);
  }
  const present = isPresent(sync, image);
  if (!present && container.imagePullPolicy === 'Never') {
    const message = `Container image "${container.image}" is not present with pull policy of Never`;
    if (reason === 'ErrImageNeverPull') return waitingStatus(unit, reason, message);
    noteContainer(sync, unit, 'Warning', 'ErrImageNeverPull', message);
    return fail(sync, unit, 'ErrImageNeverPull', message);
  }
  if (isNeeded && !image.exists) return failPull(sync, unit, image, due);
  if (reason !== 'CreateContainerConfigError') notePulled(sync, unit, image, isNeeded, ms);
  return startWith(sync, unit, image, streak);
};

/** Whether the beginning of the container's first pull has been told: when its turn came, unless it was held up then. */
const hasNotedPulling = (sync: Sync, unit: Unit): boolean => {
  const fieldPath = containerPath(unit);
  const isIt = (event: { readonly reason?: string }, path: string | undefined): boolean =>
    event.reason === 'Pulling' && path === fieldPath;
  return (
    sync.notes.some((note) => isIt(note, note.fieldPath)) ||
    sync.context.lookup
      .byIndex('events', 'events/involved', sync.pod.metadata.uid ?? '')
      .some((event) => isIt(event, event.involvedObject.fieldPath))
  );
};

const notePulled = (sync: Sync, unit: Unit, image: Image, isNeeded: boolean, ms: number): void => {
  const { container, status } = unit;
  // Another pod's pull of the same image may have ended while this one waited for its turn.
  const isJoined =
    !isNeeded && status?.containerID === undefined && sync.pace.pullMs[1] > 0 && hasNotedPulling(sync, unit);
  if (!isNeeded && !isJoined) {
    const message = `Container image "${container.image}" already present on machine and can be accessed by the pod`;
    noteContainer(sync, unit, 'Normal', 'Pulled', message);
    return;
  }
  const reason = status?.state?.waiting?.reason;
  const isAnother =
    status?.containerID !== undefined || reason === 'ImagePullBackOff' || reason === 'ErrImagePull';
  if (isAnother || !hasNotedPulling(sync, unit)) notePulling(sync, unit);
  const took = printMilliseconds(isJoined ? pick(sync.pace.recheckMs, 0) : Math.max(1, ms));
  const waited = isJoined ? printMilliseconds(fullPullMs(sync, unit, image)) : took;
  const size = sizeOf(image);
  const message = `Successfully pulled image "${container.image}" in ${took} (${waited} including waiting). Image size: ${size} bytes.`;
  noteContainer(sync, unit, 'Normal', 'Pulled', message);
  sync.pulled.set(printImageName(image.name), size);
};
