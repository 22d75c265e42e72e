import { describe, expect, test } from 'vitest';
import { admit, makeObject, makePod } from '../../../test/support/admission.ts';
import type { Pod } from '../../kinds/generated/types.ts';
import { serviceAccount } from './service-account.ts';

const account = (name: string, body: Readonly<Record<string, unknown>> = {}) =>
  makeObject('v1', 'ServiceAccount', { name, namespace: 'ns' }, body);
const mutated = (spec: Readonly<Record<string, unknown>>, ...accounts: ReturnType<typeof account>[]) =>
  (admit([serviceAccount], { object: makePod(spec) }, accounts).object as Pod).spec;

describe('ServiceAccount', () => {
  test('names the default account and mounts its token everywhere', () => {
    const spec = mutated({ initContainers: [{ name: 'i', image: 'i' }] }, account('default'));
    expect(spec?.serviceAccountName).toBe('default');
    const volume = spec?.volumes?.[0];
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume?.projected?.sources?.[0]?.serviceAccountToken).toEqual({
      expirationSeconds: 3607,
      path: 'token',
    });
    for (const container of [spec?.initContainers?.[0], spec?.containers[0]]) {
      expect(container?.volumeMounts).toEqual([
        { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
      ]);
    }
  });

  test.each([
    ['the pod says no', { automountServiceAccountToken: false }, {}],
    ['the account says no', {}, { automountServiceAccountToken: false }],
  ])('mounts nothing when %s', (_name, spec, body) => {
    expect(mutated(spec, account('default', body))?.volumes).toBeUndefined();
  });

  test("the pod's yes counts more than the account's no", () => {
    const spec = mutated(
      { automountServiceAccountToken: true },
      account('default', { automountServiceAccountToken: false }),
    );
    expect(spec?.volumes).toHaveLength(1);
  });

  test('takes over pull secrets only when the pod has none', () => {
    const owner = account('default', { imagePullSecrets: [{ name: 'a' }] });
    expect(mutated({}, owner)?.imagePullSecrets).toEqual([{ name: 'a' }]);
    expect(mutated({ imagePullSecrets: [{ name: 'b' }] }, owner)?.imagePullSecrets).toEqual([{ name: 'b' }]);
  });

  test('a missing account is refused', () => {
    expect(admit([serviceAccount], { object: makePod() }).refused).toBe(
      'pods "p" is forbidden: error looking up service account ns/default: serviceaccount "default" not found',
    );
  });

  test('is idempotent', () => {
    const once = admit([serviceAccount], { object: makePod() }, [account('default')]).object;
    expect(admit([serviceAccount], { object: once ?? makePod() }, [account('default')]).object).toEqual(once);
  });

  test('leaves updates alone', () => {
    expect(admit([serviceAccount], { object: makePod(), old: makePod() }).object).toEqual(makePod());
  });
});
