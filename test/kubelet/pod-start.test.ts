/** What keeps a pod from starting or from being ready: images, volumes, probes, init containers. */

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../src/kinds/generated/types.ts';
import { POD, playPod, podOf } from './pod-history.ts';
import { phases } from './pod-steps.ts';

test('a container that wants more memory than it may have is killed', () => {
  const { states } = playPod(
    podOf(
      'image: polinux/stress, command: [stress], args: ["--vm", "1", "--vm-bytes", "250M"], resources: {limits: {memory: 100Mi}}',
    ),
    { untilMs: 5000 },
  );
  expect(phases(states).slice(2)).toEqual([
    'Running c=running+ready',
    'Running c=OOMKilled:137',
    'Running c=running+ready#1',
    'Running c=OOMKilled:137#1',
    'Running c=CrashLoopBackOff#1',
  ]);
});

test('resources are changed in place, or by a restart where the container asks for it', () => {
  const body = { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '200m' } } }] } };
  const steps = [{ at: 5000, method: 'PATCH', url: `${POD}/resize`, body }];
  const start = 'image: nginx, resources: {requests: {cpu: 100m}}';
  const inPlace = playPod(podOf(start), { steps });
  expect(inPlace.harness.get<Pod>(POD).status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 0,
    allocatedResources: { cpu: '200m' },
    resources: { requests: { cpu: '200m' } },
  });
  const restarted = playPod(
    podOf(`${start}, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]`),
    { steps },
  );
  expect(restarted.events).toContain('Killing x1: Container c resize requires restart');
  expect(restarted.harness.get<Pod>(POD).status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    allocatedResources: { cpu: '200m' },
  });
});

describe('what cannot start', () => {
  test('a program that is not in the image is tried again with growing waits', () => {
    const { states, events } = playPod(podOf('image: nginx, command: [nosuchcmd]'));
    expect(phases(states)).toEqual([
      'Pending',
      'Pending c=ContainerCreating',
      'Running c=RunContainerError',
      'Running c=RunContainerError#1',
      'Running c=CrashLoopBackOff#1',
      'Running c=RunContainerError#2',
      'Running c=CrashLoopBackOff#2',
      'Running c=RunContainerError#3',
      'Running c=CrashLoopBackOff#3',
    ]);
    const message =
      'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ' +
      'unable to start container process: error during container init: exec: "nosuchcmd": executable file not found in $PATH: unknown';
    expect(events).toContain(`Failed x4: ${message}`);
    expect(events.filter((event) => event.startsWith('Started'))).toEqual([]);
  });

  test('a program that is not in the image ends what is not to be restarted', () => {
    const { states } = playPod(podOf('image: nginx, command: [nosuchcmd]', 'restartPolicy: Never, '));
    expect(phases(states).at(-1)).toBe('Failed c=StartError:128');
  });

  test('an image that no registry has is tried again and again', () => {
    const { states, events } = playPod(podOf('image: "nginx:nope"'), { untilMs: 25_000 });
    expect(phases(states)).toEqual([
      'Pending',
      'Pending c=ContainerCreating',
      'Pending c=ErrImagePull',
      'Pending c=ImagePullBackOff',
      'Pending c=ErrImagePull',
      'Pending c=ImagePullBackOff',
    ]);
    expect(events).toEqual([
      'Pulling x2: Pulling image "nginx:nope"',
      'Failed x2: Failed to pull image "nginx:nope": rpc error: code = NotFound desc = failed to pull and unpack image ' +
        '"docker.io/library/nginx:nope": failed to resolve image: docker.io/library/nginx:nope: not found',
      'Failed x2: Error: ErrImagePull',
      'BackOff x2: Back-off pulling image "nginx:nope"',
      'Failed x2: Error: ImagePullBackOff',
    ]);
  });

  test('a wrong name, and an image that may not be pulled', () => {
    const wrong = playPod(podOf('image: "Nginx:1"'), { untilMs: 5000 });
    expect(phases(wrong.states).at(-1)).toBe('Pending c=InvalidImageName');
    expect(wrong.events[0]).toBe(
      `InspectFailed x1: Failed to apply default image tag "Nginx:1": couldn't parse image name "Nginx:1": invalid reference format: repository name (library/Nginx) must be lowercase`,
    );
    const never = playPod(podOf('image: "nginx:1.27", imagePullPolicy: Never'), { untilMs: 5000 });
    expect(phases(never.states).at(-1)).toBe('Pending c=ErrImageNeverPull');
  });

  test.each([
    ['nginx', 'runAsNonRoot: true', 'container has runAsNonRoot and image will run as root'],
    ['nginx', 'runAsNonRoot: true, runAsUser: 0', "container's runAsUser breaks non-root policy"],
    [
      'prom/prometheus',
      'runAsNonRoot: true',
      'container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root',
    ],
    ['nginx', 'runAsNonRoot: true, runAsUser: 1000', undefined],
    ['nginxinc/nginx-unprivileged', 'runAsNonRoot: true', undefined],
    ['bitnami/nginx', 'runAsNonRoot: true', undefined],
    ['example.com/shop/web:1', 'runAsNonRoot: true', undefined],
    ['nginx', 'runAsNonRoot: false', undefined],
  ])('%s with %s: %s', (image, security, why) => {
    const { states, harness } = playPod(podOf(`image: "${image}", securityContext: {${security}}`), {
      untilMs: 20_000,
    });
    if (why === undefined) {
      expect(phases(states).at(-1)).toContain('Running c=running');
      return;
    }
    expect(phases(states).at(-1)).toBe('Pending c=CreateContainerConfigError');
    const { metadata, status } = harness.get<Pod>(POD);
    expect(status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      `${why} (pod: "${metadata.name}_default(${metadata.uid})", container: c)`,
    );
  });

  test('a missing ConfigMap holds the container up until it comes', () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' } };
    const { states, events } = playPod(podOf('image: nginx, envFrom: [{configMapRef: {name: cm}}]'), {
      steps: [{ at: 9000, method: 'POST', url: '/api/v1/namespaces/default/configmaps', body }],
    });
    expect(states.slice(-2)).toEqual([
      expect.stringMatching(/Pending c=CreateContainerConfigError$/),
      '9.0 Running c=running+ready',
    ]);
    expect(events).toContain('Failed x1: Error: configmap "cm" not found');
  });

  test('a missing Secret holds the mount up until it comes', () => {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
    const { states, events } = playPod(
      podOf(
        'image: nginx, volumeMounts: [{name: v, mountPath: /v}]',
        'volumes: [{name: v, secret: {secretName: s}}], ',
      ),
      { steps: [{ at: 9000, method: 'POST', url: '/api/v1/namespaces/default/secrets', body }] },
    );
    expect(phases(states)).toEqual(['Pending', 'Pending c=ContainerCreating', 'Running c=running+ready']);
    expect(events[0]).toBe('FailedMount x5: MountVolume.SetUp failed for volume "v" : secret "s" not found');
    expect(events.map((event) => event.split(' ')[0])).toEqual([
      'FailedMount',
      'Pulling',
      'Pulled',
      'Created',
      'Started',
    ]);
  });
});

describe('probes', () => {
  test('liveness by a file that is removed after 30 s (the example of the documentation)', () => {
    const { states, events } = playPod(
      podOf(
        'image: "registry.k8s.io/busybox:1.27.2", args: [/bin/sh, -c, "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"], ' +
          'livenessProbe: {exec: {command: [cat, /tmp/healthy]}, initialDelaySeconds: 5, periodSeconds: 5}',
      ),
      { untilMs: 80_000 },
    );
    expect(phases(states).slice(2)).toEqual([
      'Running c=running+ready',
      'Running c=Error:137',
      'Running c=running+ready#1',
    ]);
    expect(states.at(-2)).toMatch(/^7[01]\./);
    expect(events).toContain(
      "Unhealthy x3: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory",
    );
    expect(events).toContain('Killing x1: Container c failed liveness probe, will be restarted');
  });

  test('readiness comes after its delay; a port nobody listens on never is', () => {
    const ready = playPod(
      podOf('image: nginx, readinessProbe: {httpGet: {path: /, port: 80}, initialDelaySeconds: 3}'),
    );
    expect(phases(ready.states).slice(-2)).toEqual(['Running c=running', 'Running c=running+ready']);
    expect(ready.states.at(-1)).toMatch(/^[34]\.\d /);
    const never = playPod(podOf('image: nginx, readinessProbe: {tcpSocket: {port: 81}}'));
    expect(phases(never.states).at(-1)).toBe('Running c=running');
    expect(never.events.at(-1)).toMatch(
      /^Unhealthy x3: Readiness probe failed: dial tcp 10\.244\.\d\.\d+:81: connect: connection refused$/,
    );
  });

  test('a startup probe holds the others back', () => {
    const { states } = playPod(
      podOf(
        'image: busybox, command: [sh, -c, "sleep 7; touch /up; sleep 100"], ' +
          'startupProbe: {exec: {command: [cat, /up]}, periodSeconds: 2, failureThreshold: 10}, ' +
          'livenessProbe: {exec: {command: [cat, /up]}, periodSeconds: 1, failureThreshold: 1}',
      ),
      { untilMs: 20_000 },
    );
    expect(phases(states).slice(-2)).toEqual(['Running c=running', 'Running c=running+ready']);
    expect(states.at(-1)).toMatch(/^[89]\.\d /);
  });

  test('readiness gates wait for a condition of others', () => {
    const body = { status: { conditions: [{ type: 'example.com/gate', status: 'True' }] } };
    const { harness } = playPod(
      podOf('image: nginx', 'readinessGates: [{conditionType: example.com/gate}], '),
      {
        steps: [{ at: 5000, method: 'PATCH', url: `${POD}/status`, body }],
      },
    );
    const ready = harness.get<Pod>(POD).status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T00:00:06Z' });
  });
});

describe('init containers', () => {
  test('run one after the other', () => {
    const { states } = playPod(
      podOf(
        'image: nginx',
        'initContainers: [{name: i, image: busybox, command: [sleep, "1"]}, {name: j, image: busybox, command: ["true"]}], ',
      ),
    );
    expect(phases(states)).toEqual([
      'Pending',
      'Pending i=PodInitializing j=PodInitializing c=PodInitializing',
      'Pending i=running j=PodInitializing c=PodInitializing',
      'Pending i=Completed:0 j=PodInitializing c=PodInitializing',
      'Pending i=Completed:0 j=running c=PodInitializing',
      'Pending i=Completed:0 j=Completed:0 c=PodInitializing',
      'Running i=Completed:0 j=Completed:0 c=running+ready',
    ]);
  });

  test('that fail for good fail the pod', () => {
    const { states } = playPod(
      podOf(
        'image: nginx',
        'restartPolicy: Never, initContainers: [{name: i, image: busybox, command: ["false"]}], ',
      ),
    );
    expect(phases(states).at(-1)).toBe('Failed i=Error:1 c=PodInitializing');
  });

  test('wait for the name of a service', () => {
    const body = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'db' },
      spec: { ports: [{ port: 1 }] },
    };
    const { states } = playPod(
      podOf(
        'image: nginx',
        'initContainers: [{name: i, image: busybox, command: [sh, -c, "until nslookup db; do sleep 2; done"]}], ',
      ),
      { steps: [{ at: 10_000, method: 'POST', url: '/api/v1/namespaces/default/services', body }] },
    );
    expect(phases(states).at(-1)).toBe('Running i=Completed:0 c=running+ready');
    expect(states.at(-1)).toMatch(/^1[0-3]\./);
  });
});
