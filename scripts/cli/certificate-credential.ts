/**
 * A credential plugin for kubectl: turns a client certificate and its key into a short-lived token. The front cannot
 * see client certificates, so that the key signs a statement instead (see docs/access.md).
 *
 *     kubectl config set-credentials anna --exec-api-version=client.authentication.k8s.io/v1 \
 *       --exec-interactive-mode=Never --exec-provide-cluster-info \
 *       --exec-command=kubicle --exec-arg=certificate-credential \
 *       --exec-arg=--client-certificate=anna.crt --exec-arg=--client-key=anna.key
 */

import { createPrivateKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as requestPlainly } from 'node:http';
import { request } from 'node:https';
import { parseArgs } from 'node:util';

const USAGE = `Usage: kubicle certificate-credential --client-certificate FILE --client-key FILE [--server URL] [--certificate-authority FILE]

Prints an ExecCredential with a token for the holder of a client certificate. kubectl tells the server and its
authority itself when the user's exec section says provideClusterInfo: true.
`;

const PROOF_SECONDS = 120;
const PATIENCE_MS = 30_000;

/** What the plugin is told: by its arguments, and by kubectl in KUBERNETES_EXEC_INFO. */
interface Order {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** `https://…/clusters/{id}` */
  readonly server: string;
  readonly authority: string | undefined;
  readonly apiVersion: string;
}

interface ExecInfo {
  readonly apiVersion?: string;
  readonly spec?: {
    readonly cluster?: { readonly server?: string; readonly 'certificate-authority-data'?: string };
  };
}

const readOrder = (args: readonly string[], env: Readonly<Record<string, string | undefined>>): Order => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'client-certificate': { type: 'string' },
      'client-key': { type: 'string' },
      server: { type: 'string' },
      'certificate-authority': { type: 'string' },
    },
  });
  const { 'client-certificate': certificate, 'client-key': key } = values;
  if (certificate === undefined || key === undefined) throw new Error(USAGE);
  const info = JSON.parse(env['KUBERNETES_EXEC_INFO'] ?? '{}') as ExecInfo;
  const cluster = info.spec?.cluster;
  const server = values.server ?? cluster?.server;
  if (server === undefined) {
    throw new Error('no server: give --server, or set provideClusterInfo: true in the exec section');
  }
  const file = values['certificate-authority'];
  const data = cluster?.['certificate-authority-data'];
  return {
    certificate: new X509Certificate(readFileSync(certificate)),
    key: createPrivateKey(readFileSync(key)),
    server,
    authority:
      file !== undefined ? readFileSync(file, 'utf8') : data && Buffer.from(data, 'base64').toString(),
    apiVersion: info.apiVersion ?? 'client.authentication.k8s.io/v1',
  };
};

/** How each kind of key signs: the name of the algorithm in a JWT, and its hash. */
const ALGORITHMS: Readonly<Record<string, readonly [name: string, hash: string | null]>> = {
  rsa: ['RS256', 'sha256'],
  'ec prime256v1': ['ES256', 'sha256'],
  'ec secp384r1': ['ES384', 'sha384'],
  'ec secp521r1': ['ES512', 'sha512'],
  ed25519: ['EdDSA', null],
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A statement for one cluster, signed with the certificate's key; good for two minutes and one use. */
export const makeProof = (
  certificate: X509Certificate,
  key: KeyObject,
  clusterId: string,
  now: number,
): string => {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const kind = curve === undefined ? (key.asymmetricKeyType ?? '') : `ec ${curve}`;
  const algorithm = ALGORITHMS[kind];
  if (algorithm === undefined) throw new Error(`keys of the kind ${kind} are not supported`);
  const [alg, hash] = algorithm;
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    aud: clusterId,
    sub: certificate.subject,
    iat: issuedAt,
    exp: issuedAt + PROOF_SECONDS,
    jti: randomBytes(16).toString('base64url'),
  };
  const signed = `${encode({ alg, typ: 'JWT', x5c: [certificate.raw.toString('base64')] })}.${encode(claims)}`;
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
};

const post = (
  url: string,
  authority: string | undefined,
  body: unknown,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const open = url.startsWith('http:') ? requestPlainly : request;
    const sent = open(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        timeout: PATIENCE_MS,
        ...(authority === undefined ? {} : { ca: authority }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
        response.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`${url} does not answer`)));
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });

const SERVER = /^(https?:\/\/.+)\/clusters\/([a-z0-9]+)\/?$/;

/** Runs the plugin; the result is what kubectl reads from its output. Rejects with a reason for people. */
export const certificateCredential = async (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  now: number,
): Promise<string> => {
  const { certificate, key, server, authority, apiVersion } = readOrder(args, env);
  if (!certificate.checkPrivateKey(key)) throw new Error('the key does not belong to the certificate');
  const [, origin, clusterId] = SERVER.exec(server) ?? [];
  if (origin === undefined || clusterId === undefined)
    throw new Error(`${server} is not a cluster's address`);
  const proof = makeProof(certificate, key, clusterId, now);
  const answer = await post(`${origin}/v1/clusters/${clusterId}/certificate-tokens`, authority, { proof });
  if (answer.status !== 201) {
    const { detail = answer.text } = JSON.parse(answer.text) as { detail?: string };
    throw new Error(`the cluster refused the certificate: ${detail}`);
  }
  const { token, expiresAt } = JSON.parse(answer.text) as { token: string; expiresAt: string };
  const status = { token, expirationTimestamp: expiresAt };
  return `${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}\n`;
};

if (import.meta.filename === process.argv[1]) {
  try {
    process.stdout.write(await certificateCredential(process.argv.slice(2), process.env, Date.now()));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
