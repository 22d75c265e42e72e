import { describe, expect, test } from 'vitest';
import type { Draft } from '../../machinery/object.ts';
import { defaultPodRequests } from './pod-level-resources.ts';

const PAGES = 'hugepages-2Mi';

const resourcesOf = (spec: Draft): unknown => {
  const draft = structuredClone(spec);
  defaultPodRequests(draft);
  return draft['resources'];
};

const container = (limits: Draft, requests: Draft = {}): Draft => ({ resources: { limits, requests } });

describe('resources of a whole pod', () => {
  test('ask for what its containers ask for', () => {
    const spec = {
      containers: [container({}, { cpu: '1' }), container({}, { cpu: '500m' })],
      resources: { limits: { cpu: '2', memory: '1Gi' } },
    };
    expect(resourcesOf(spec)).toMatchObject({ requests: { cpu: '1500m', memory: '1Gi' } });
  });

  test('are limited in huge pages as its containers are', () => {
    const spec = {
      containers: [container({ [PAGES]: '2Mi' }), container({ [PAGES]: '4Mi' })],
      resources: { requests: { cpu: '1' } },
    };
    expect(resourcesOf(spec)).toEqual({
      limits: { [PAGES]: '6Mi' },
      requests: { cpu: '1', [PAGES]: '6Mi' },
    });
  });

  test('stay as they are where the pod asks for huge pages itself', () => {
    const spec = {
      containers: [container({ [PAGES]: '2Mi' })],
      resources: { requests: { [PAGES]: '2Mi' } },
    };
    expect(resourcesOf(spec)).toEqual(spec.resources);
  });

  test('are none where the pod says nothing', () => {
    expect(resourcesOf({ containers: [container({ [PAGES]: '2Mi' })] })).toBeUndefined();
    expect(resourcesOf({ containers: [container({}, { cpu: '1' })], resources: { limits: {} } })).toEqual({
      limits: {},
    });
  });
});
