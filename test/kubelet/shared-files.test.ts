import { expect, it } from 'vitest';
import { Harness } from '../support/harness.ts';

const log = (harness: Harness, pod: string): string =>
  harness.request('GET', `/api/v1/namespaces/default/pods/${pod}/log`).body;

it('what init containers write into a shared folder is there for the next and for the main container', () => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  harness.create(`
apiVersion: v1
kind: Pod
metadata: {name: relay}
spec:
  restartPolicy: Never
  initContainers:
  - {name: one, image: busybox, command: [sh, -c, 'echo abc > /a/text; echo x > /tmp/own'], volumeMounts: [{name: v, mountPath: /a}]}
  - {name: two, image: busybox, command: [sh, -c, 'rev /b/text > /b/reversed'], volumeMounts: [{name: v, mountPath: /b}]}
  containers:
  - {name: main, image: busybox, command: [sh, -c, 'ls /c; cat /c/text /c/reversed; cat /tmp/own'], volumeMounts: [{name: v, mountPath: /c}]}
  volumes: [{name: v, emptyDir: {}}]
`);
  harness.advance(20_000);
  expect(log(harness, 'relay').split('\n')).toEqual([
    'reversed',
    'text',
    'abc',
    'cba',
    "cat: can't open '/tmp/own': No such file or directory",
    '',
  ]);
});

it('the indexed Job of the documentation reverses its item', () => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  harness.create(`
apiVersion: batch/v1
kind: Job
metadata: {name: indexed-job}
spec:
  completions: 3
  parallelism: 3
  completionMode: Indexed
  template:
    spec:
      restartPolicy: Never
      initContainers:
      - name: input
        image: docker.io/library/bash
        command:
        - bash
        - -c
        - |
          items=(foo bar baz qux xyz)
          echo \${items[$JOB_COMPLETION_INDEX]} > /input/data.txt
        volumeMounts: [{mountPath: /input, name: input}]
      containers:
      - name: worker
        image: docker.io/library/busybox
        command: [rev, /input/data.txt]
        volumeMounts: [{mountPath: /input, name: input}]
      volumes: [{name: input, emptyDir: {}}]
`);
  harness.advance(20_000);
  const pods = harness.list<{ metadata: { name: string } }>('/api/v1/namespaces/default/pods');
  const logs = pods.map(({ metadata }) => log(harness, metadata.name)).sort();
  expect(logs).toEqual(['oof\n', 'rab\n', 'zab\n']);
});
