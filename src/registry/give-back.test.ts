import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';

const body = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

/** What watches of addresses see of a request. */
const seen = (method: string, url: string, service: object, status: number): readonly string[] => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.expect(201, 'POST', '/api/v1/namespaces/default/resourcequotas', {
    body: { metadata: { name: 'q' }, spec: { hard: { 'services.nodeports': '0' } } },
  });
  harness.expect(201, 'POST', SERVICES, { body: body('there') });
  harness.settle(5000);
  const { resourceVersion } = harness.get<{ metadata: { resourceVersion: string } }>(ADDRESSES).metadata;
  const watch = harness.watch(`${ADDRESSES}?watch=1&resourceVersion=${resourceVersion}`);
  harness.expect(status, method, url, { body: service });
  harness.settle(5000);
  return watch.drain().map(({ type }) => type);
};

describe('the address of a service', () => {
  it('comes with it', () => {
    expect(seen('POST', SERVICES, body('new'), 201)).toEqual(['ADDED']);
  });

  it('comes and goes when a quota refuses it', () => {
    expect(seen('POST', SERVICES, body('new', { type: 'NodePort' }), 403)).toEqual(['ADDED', 'DELETED']);
  });

  it('comes and goes when it is not valid, or there already', () => {
    expect(seen('POST', SERVICES, body('new', { sessionAffinity: 'x' }), 422)).toEqual(['ADDED', 'DELETED']);
    expect(seen('POST', SERVICES, body('there'), 409)).toEqual(['ADDED', 'DELETED']);
  });

  it('is not taken by a dry run, nor by a service without one', () => {
    const wrong = { sessionAffinity: 'x' };
    expect(seen('POST', `${SERVICES}?dryRun=All`, body('new', wrong), 422)).toEqual([]);
    expect(seen('POST', SERVICES, body('new', { ...wrong, clusterIP: 'None' }), 422)).toEqual([]);
  });
});
