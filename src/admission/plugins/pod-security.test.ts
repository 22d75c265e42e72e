import { describe, expect, test } from 'vitest';
import { admit, makeNamespace, makeObject, makePod } from '../../../test/support/admission.ts';
import { podSecurity } from './pod-security.ts';

const label = 'pod-security.kubernetes.io';
const restricted = makeNamespace('ns', { [`${label}/enforce`]: 'restricted' });
const privilegedPod = makePod({
  containers: [{ name: 'a', image: 'i', securityContext: { privileged: true } }],
});

describe('PodSecurity', () => {
  test('records what was enforced and what audit found', () => {
    const namespace = makeNamespace('ns', {
      [`${label}/enforce`]: 'privileged',
      [`${label}/audit`]: 'baseline',
    });
    const { audit, refused, warnings } = admit([podSecurity], { object: privilegedPod }, [namespace]);
    expect(refused).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(audit).toEqual({
      [`${label}/enforce-policy`]: 'privileged:latest',
      [`${label}/audit-violations`]:
        'would violate PodSecurity "baseline:latest": privileged (container "a" must not set securityContext.privileged=true)',
    });
  });

  test('an update that changes no image is let through', () => {
    expect(
      admit([podSecurity], { object: privilegedPod, old: privilegedPod }, [restricted]).refused,
    ).toBeUndefined();
  });

  test('an ephemeral container is checked', () => {
    const grown = makePod({
      ephemeralContainers: [{ name: 'e', image: 'i', securityContext: { privileged: true } }],
    });
    const namespace = makeNamespace('ns', { [`${label}/enforce`]: 'baseline' });
    const attempt = { object: grown, old: makePod(), subresource: 'ephemeralcontainers' };
    expect(admit([podSecurity], attempt, [namespace]).refused).toContain('privileged (container "e"');
  });

  test('a namespace that turns strict warns about its pods, siblings together', () => {
    const plain = (name: string) => makePod({}, { name });
    const { warnings } = admit(
      [podSecurity],
      { object: makeNamespace('ns', { [`${label}/enforce`]: 'baseline' }), old: makeNamespace('ns') },
      [
        { ...privilegedPod, metadata: { ...privilegedPod.metadata, name: 'a' } },
        { ...privilegedPod, metadata: { ...privilegedPod.metadata, name: 'b' } },
        plain('c'),
      ],
    );
    expect(warnings).toEqual([
      'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): privileged',
    ]);
  });

  test('a level that does not exist is invalid', () => {
    const outcome = admit([podSecurity], {
      object: makeNamespace('ns', { [`${label}/enforce`]: 'strict', [`${label}/warn-version`]: 'new' }),
    });
    expect(outcome.status).toBe(422);
    expect(outcome.refused).toBe(
      `Namespace "ns" is invalid: [metadata.labels[${label}/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[${label}/warn-version]: Invalid value: "new": must be "latest" or "v1.x"]`,
    );
  });

  test('workloads are warned about what is enforced', () => {
    const deployment = makeObject(
      'apps/v1',
      'Deployment',
      { name: 'd', namespace: 'ns' },
      { spec: { template: { spec: { containers: [{ name: 'a', image: 'i' }], hostPID: true } } } },
    );
    const { refused, warnings } = admit([podSecurity], { object: deployment }, [
      makeNamespace('ns', { [`${label}/enforce`]: 'baseline' }),
    ]);
    expect(refused).toBeUndefined();
    expect(warnings).toEqual(['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
  });
});
