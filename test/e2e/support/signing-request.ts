import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { bits, contextTag, der, objectIdentifier, sequence, TAG } from '../../../src/machinery/x509/der.ts';
import { printName } from '../../../src/machinery/x509/name.ts';
import { printPem } from '../../../src/machinery/x509/pem.ts';

/** Files of a new key and of a request for a certificate of it. */
export interface KeyAndRequest {
  readonly keyFile: string;
  readonly request: string;
}

const hasOpenssl = (): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'openssl')));

const withOpenssl = (keyFile: string, name: string, group: string): string => {
  const requestFile = `${keyFile}.csr`;
  execFileSync('openssl', ['genrsa', '-out', keyFile, '2048'], { stdio: 'ignore' });
  execFileSync('openssl', [
    'req',
    '-new',
    '-key',
    keyFile,
    '-subj',
    `/O=${group}/CN=${name}`,
    '-out',
    requestFile,
  ]);
  return readFileSync(requestFile, 'utf8');
};

/** The same by hand, where there is no OpenSSL: a P-256 key and PKCS #10 around it. */
const withoutOpenssl = (keyFile: string, name: string, group: string): string => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const info = sequence(
    der(TAG.integer, Uint8Array.of(0)),
    printName({ organization: [group], commonName: [name] }),
    new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    der(contextTag(0)),
  );
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const signature = new Uint8Array(sign('sha256', info, privateKey));
  return printPem('CERTIFICATE REQUEST', sequence(info, algorithm, bits(signature)));
};

/** Makes a key in a folder and a request for a client certificate: with OpenSSL where there is one. */
export const makeKeyAndRequest = (folder: string, name: string, group: string): KeyAndRequest => {
  const keyFile = join(folder, `${name}.key`);
  const make = hasOpenssl() ? withOpenssl : withoutOpenssl;
  return { keyFile, request: make(keyFile, name, group) };
};
