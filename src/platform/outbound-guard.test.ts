import { describe, expect, it } from 'vitest';
import { checkOutboundUrl, OutboundRefused, outboundPolicy } from './outbound-guard.ts';

const PUBLIC = { loopback: false, ownOrigin: 'https://kubicle.example.com' };
const LOCAL = { loopback: true, ownOrigin: 'https://127.0.0.1:8443' };

const ACCEPTED = [
  'https://hooks.example.com/kubicle?x=1',
  'https://hooks.example.com:8443/',
  'https://93.184.216.34/',
  'https://[2606:2800:220:1:248:1893:25c8:1946]/',
  'https://xn--bcher-kva.example/',
];

const REFUSED: readonly (readonly [url: string, why: string])[] = [
  ['http://hooks.example.com/', 'must be an https URL'],
  ['ftp://hooks.example.com/', 'must be an https URL'],
  ['file:///etc/passwd', 'must be an https URL'],
  ['javascript:alert(1)', 'must be an https URL'],
  ['/relative', 'must be an absolute URL'],
  ['https://user:secret@hooks.example.com/', 'must not carry credentials'],
  ['https://hooks.example.com:22/', 'port 22 is not allowed'],
  ['https://hooks.example.com:6379/', 'port 6379 is not allowed'],
  ['https://kubicle.example.com/v1/clusters', 'must not lead back to this server'],
  ['https://localhost/', 'localhost is not a public name'],
  ['https://localhost./', 'localhost is not a public name'],
  ['https://a.localhost/', 'is not a public name'],
  ['https://metadata.google.internal/', 'is not a public name'],
  ['https://kubernetes.default.svc.cluster.local/', 'is not a public name'],
  ['https://intranet/', 'intranet is not a public name'],
  ['https://127.0.0.1/', '127.0.0.1 is not a public address'],
  ['https://127.1/', '127.0.0.1 is not a public address'],
  ['https://2130706433/', '127.0.0.1 is not a public address'],
  ['https://0x7f000001/', '127.0.0.1 is not a public address'],
  ['https://017700000001/', '127.0.0.1 is not a public address'],
  ['https://0/', '0.0.0.0 is not a public address'],
  ['https://10.1.2.3/', 'is not a public address'],
  ['https://172.31.255.255/', 'is not a public address'],
  ['https://192.168.1.1/', 'is not a public address'],
  ['https://100.64.0.1/', 'is not a public address'],
  ['https://169.254.169.254/latest/meta-data/', '169.254.169.254 is not a public address'],
  ['https://224.0.0.1/', 'is not a public address'],
  ['https://255.255.255.255/', 'is not a public address'],
  ['https://[::1]/', 'is not a public address'],
  ['https://[::]/', 'is not a public address'],
  ['https://[::ffff:10.0.0.1]/', 'is not a public address'],
  ['https://[::ffff:169.254.169.254]/', 'is not a public address'],
  ['https://[64:ff9b::a9fe:a9fe]/', 'is not a public address'],
  ['https://[fe80::1]/', 'is not a public address'],
  ['https://[fd00:ec2::254]/', 'is not a public address'],
  ['https://[2002:7f00:1::]/', 'is not a public address'],
  ['https://[2001:db8::1]/', 'is not a public address'],
  ['https://hooks.example.com\\@127.0.0.1/', 'must be a URL in plain ASCII'],
  ['https://hooks.example.com/\r\nX-Injected: 1', 'must be a URL in plain ASCII'],
  ['https://①②⑦.0.0.1/', 'must be a URL in plain ASCII'],
  [`https://hooks.example.com/${'a'.repeat(2048)}`, 'no longer than 2048'],
];

describe('the guard of outgoing calls', () => {
  it.each(ACCEPTED)('lets %s pass', (url) => {
    expect(checkOutboundUrl(url, PUBLIC).href).toContain('https://');
  });

  it.each(REFUSED)('refuses %s', (url, why) => {
    expect(() => checkOutboundUrl(url, PUBLIC)).toThrow(OutboundRefused);
    expect(() => checkOutboundUrl(url, PUBLIC)).toThrow(why);
  });

  it('lets a local server reach its own machine, but neither itself nor the network around it', () => {
    for (const url of ['http://127.0.0.1:9999/hook', 'https://localhost:3000/', 'http://[::1]:80/']) {
      expect(checkOutboundUrl(url, LOCAL).href).toBe(url.replace(':80/', '/'));
    }
    for (const url of ['https://127.0.0.1:8443/v1', 'http://192.168.1.1/', 'http://169.254.169.254/']) {
      expect(() => checkOutboundUrl(url, LOCAL)).toThrow(OutboundRefused);
    }
  });

  it('is strict unless the installation says otherwise', () => {
    expect(outboundPolicy({})).toEqual({ loopback: false });
    expect(outboundPolicy({ OUTBOUND_LOOPBACK: 'allow', PUBLIC_URL: 'https://127.0.0.1:8443/x' })).toEqual({
      loopback: true,
      ownOrigin: 'https://127.0.0.1:8443',
    });
  });
});
