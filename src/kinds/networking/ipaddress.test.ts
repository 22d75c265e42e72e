import { expect, test } from 'vitest';
import { Harness } from '../../../test/support/harness.ts';

const create = (name: string): string => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  const reply = harness.request('POST', '/apis/networking.k8s.io/v1/ipaddresses', {
    body: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 's' } },
    },
  });
  const { message } = reply.json as { message?: string };
  return `${reply.status} ${message ?? ''}`.trim();
};

test('addresses of both families are names', () => {
  expect(create('10.0.0.99')).toBe('201');
  expect(create('2001:db8::1')).toBe('201');
});

test('other names are refused as addresses only', () => {
  expect(create('2001:DB8::1')).toBe(
    '422 IPAddress.networking.k8s.io "2001:DB8::1" is invalid: metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
  );
  expect(create('Foo')).toBe(
    '422 IPAddress.networking.k8s.io "Foo" is invalid: metadata.name: Invalid value: "Foo": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  );
});
