/**
 * Reads or sets the plan of an account: `node scripts/plan.ts <email or id> [plan]`. For the holder of the
 * installation's signing key: the local server's lies in its home; of another one, give `SIGNING_KEY` (the JWK) and
 * `KUBICLE_URL`.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOperatorClaims, openTokenSigner } from '../src/platform/tokens.ts';
import { makeApiClient } from './local/api-client.ts';

type Ask = (method: string, path: string, token: string, body?: unknown) => Promise<string>;

const home = process.env['KUBICLE_HOME'] ?? join(import.meta.dirname, '..', '.kubicle');

const askLocally: Ask = async (method, path, token, body) => {
  const port = Number(process.env['KUBICLE_PORT'] ?? '8443');
  const api = makeApiClient(port, readFileSync(join(home, 'ca.crt'), 'utf8'));
  return (await api(method, path, { token, body })).text;
};

const askAt =
  (url: string): Ask =>
  async (method, path, token, body) => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answer.text();
  };

const main = async (): Promise<void> => {
  const [account, plan] = process.argv.slice(2);
  if (account === undefined) {
    console.error('usage: node scripts/plan.ts <email or id> [free|team|classroom|unlimited]');
    process.exit(2);
  }
  const url = process.env['KUBICLE_URL'];
  const key = process.env['SIGNING_KEY'] ?? readFileSync(join(home, 'signing-key.json'), 'utf8');
  const signer = await openTokenSigner(key);
  const token = await signer.sign(makeOperatorClaims(Date.now()));
  const path = `/operator/accounts/${encodeURIComponent(account)}/plan`;
  const ask = url === undefined ? askLocally : askAt(url);
  console.log(plan === undefined ? await ask('GET', path, token) : await ask('PUT', path, token, { plan }));
};

await main();
