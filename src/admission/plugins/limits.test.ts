import { describe, expect, test } from 'vitest';
import { admit, makeObject, makePod } from '../../../test/support/admission.ts';
import { limitRanger } from './limit-ranger.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { resourceQuota } from './resource-quota.ts';

const range = (...limits: object[]) =>
  makeObject('v1', 'LimitRange', { name: 'l', namespace: 'ns' }, { spec: { limits } });
const withResources = (resources: object) => makePod({ containers: [{ name: 'a', image: 'i', resources }] });

describe('LimitRanger', () => {
  test('fills in defaults and says so', () => {
    const limits = range({ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } });
    const { object } = admit([limitRanger], { object: makePod() }, [limits]);
    expect(object?.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container a; cpu limit for container a',
    });
    expect((object as unknown as { spec: { containers: unknown[] } }).spec.containers).toEqual([
      { name: 'a', image: 'i', resources: { requests: { cpu: '100m' }, limits: { cpu: '500m' } } },
    ]);
  });

  const rows: readonly [string, object, object, string | undefined][] = [
    [
      'a request below the minimum',
      { type: 'Container', min: { cpu: '200m' } },
      { requests: { cpu: '100m' } },
      'minimum cpu usage per Container is 200m, but request is 100m',
    ],
    [
      'a limit above the maximum',
      { type: 'Pod', max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Pod is 1Gi, but limit is 2Gi',
    ],
    [
      'no limit where one is needed',
      { type: 'Pod', max: { memory: '1Gi' } },
      {},
      'maximum memory usage per Pod is 1Gi.  No limit is specified',
    ],
    [
      'a ratio too wide',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '1' }, limits: { cpu: '3' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
    [
      'equal to the maximum',
      { type: 'Container', max: { cpu: '1' } },
      { limits: { cpu: '1000m' } },
      undefined,
    ],
  ];
  test.each(rows)('%s', (_name, item, resources, message) => {
    const { refused } = admit([limitRanger], { object: withResources(resources) }, [range(item)]);
    expect(refused).toBe(message === undefined ? undefined : `pods "p" is forbidden: ${message}`);
  });

  test('updates of pods are not looked at', () => {
    const limits = range({ type: 'Container', max: { cpu: '1m' } });
    expect(admit([limitRanger], { object: makePod(), old: makePod() }, [limits]).refused).toBeUndefined();
  });
});

describe('ResourceQuota', () => {
  const quota = (hard: object, used: object, spec: object = {}) =>
    makeObject(
      'v1',
      'ResourceQuota',
      { name: 'q', namespace: 'ns' },
      { spec: { hard, ...spec }, status: { hard, used } },
    );
  const pod = withResources({ requests: { cpu: '300m' } });

  test('counts up what is admitted', () => {
    const { quotas } = admit([resourceQuota], { object: pod }, [
      quota({ pods: '2', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '600m' }),
    ]);
    expect(quotas['q']).toMatchObject({ used: { pods: '2', 'requests.cpu': '900m' } });
  });
  test('a dry run is checked but not counted', () => {
    const objects = [quota({ pods: '1' }, { pods: '0' })];
    expect(admit([resourceQuota], { object: pod, dryRun: true }, objects)).toMatchObject({ quotas: {} });
  });
  test('the last of it cannot be taken twice', () => {
    expect(
      admit([resourceQuota], { object: pod }, [quota({ 'requests.cpu': '1' }, { 'requests.cpu': '800m' })])
        .refused,
    ).toBe(
      'pods "p" is forbidden: exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=800m, limited: requests.cpu=1',
    );
  });
  test('what is counted must be said', () => {
    expect(
      admit([resourceQuota], { object: pod }, [quota({ 'limits.cpu': '1' }, { 'limits.cpu': '0' })]).refused,
    ).toBe('pods "p" is forbidden: failed quota: q: must specify limits.cpu for: a');
  });
  const claim = (size: string, status: object = {}) =>
    makeObject(
      'v1',
      'PersistentVolumeClaim',
      { name: 'c', namespace: 'ns', resourceVersion: '1' },
      { spec: { resources: { requests: { storage: size } } }, status },
    );

  test('claims are counted in whole bytes, by every class they refer to', () => {
    const hard = { 'requests.storage': '10' };
    const rounded = admit([resourceQuota], { object: claim('1500m') }, [
      quota(hard, { 'requests.storage': '0' }),
    ]);
    expect(rounded.quotas['q']).toMatchObject({ used: { 'requests.storage': '2' } });
    const selector = (operator: string, values?: string[]) => ({
      scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator, values }] },
    });
    const full = { 'requests.storage': '1' };
    const moving = claim('5', { modifyVolumeStatus: { targetVolumeAttributesClassName: 'gold' } });
    const refusedBy = (operator: string, values?: string[]) =>
      admit([resourceQuota], { object: moving }, [quota(full, full, selector(operator, values))]).refused;
    expect(refusedBy('In', ['gold'])).toContain('exceeded quota');
    expect(refusedBy('Exists')).toContain('exceeded quota');
    expect(refusedBy('DoesNotExist')).toBeUndefined();
  });

  test('a status that allocates more than was asked is charged', () => {
    const hard = { 'requests.storage': '6' };
    const { refused } = admit(
      [resourceQuota],
      {
        object: claim('5', { allocatedResources: { storage: '7' } }),
        old: claim('5'),
        subresource: 'status',
      },
      [quota(hard, { 'requests.storage': '5' })],
    );
    expect(refused).toContain('exceeded quota: q, requested: requests.storage=2, used: requests.storage=5');
  });

  test('a quota that was not counted yet refuses', () => {
    expect(admit([resourceQuota], { object: pod }, [quota({ pods: '1' }, {})]).refused).toBe(
      'pods "p" is forbidden: status unknown for quota: q, resources: pods',
    );
  });
  test('a scope that does not fit lets the pod pass', () => {
    const objects = [quota({ pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] })];
    expect(admit([resourceQuota], { object: pod }, objects).refused).toBeUndefined();
  });
  test('an update of a service costs the difference', () => {
    const service = (type: string) =>
      makeObject(
        'v1',
        'Service',
        { name: 's', namespace: 'ns' },
        { spec: { type, ports: [{ port: 80 }, { port: 81 }] } },
      );
    const objects = [
      quota({ services: '1', 'services.nodeports': '1' }, { services: '1', 'services.nodeports': '0' }),
    ];
    expect(
      admit([resourceQuota], { object: service('NodePort'), old: service('ClusterIP') }, objects).refused,
    ).toBe(
      'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    );
  });
  test('custom resources are counted by name', () => {
    const lease = makeObject('coordination.k8s.io/v1', 'Lease', { name: 'l', namespace: 'ns' });
    const hard = { 'count/leases.coordination.k8s.io': '0' };
    expect(admit([resourceQuota], { object: lease }, [quota(hard, hard)]).refused).toContain(
      'exceeded quota: q',
    );
  });
});

describe('PersistentVolumeClaimResize', () => {
  const claim = (storage: string, phase = 'Bound') =>
    makeObject(
      'v1',
      'PersistentVolumeClaim',
      { name: 'c', namespace: 'ns' },
      {
        spec: { storageClassName: 'sc', resources: { requests: { storage } } },
        status: { phase },
      },
    );
  const storageClass = (allowVolumeExpansion: boolean) =>
    makeObject('storage.k8s.io/v1', 'StorageClass', { name: 'sc' }, { allowVolumeExpansion });
  const rows: readonly [string, string, boolean, string | undefined][] = [
    ['may grow when its class says so', 'Bound', true, undefined],
    [
      'must be bound',
      'Pending',
      true,
      'persistentvolumeclaims "c" is forbidden: Only bound persistent volume claims can be expanded',
    ],
    [
      'may not grow otherwise',
      'Bound',
      false,
      'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    ],
  ];
  test.each(rows)('a claim %s', (_name, phase, expandable, refused) => {
    const attempt = { object: claim('2Gi', phase), old: claim('1Gi', phase) };
    expect(admit([persistentVolumeClaimResize], attempt, [storageClass(expandable)]).refused).toBe(refused);
  });
});
