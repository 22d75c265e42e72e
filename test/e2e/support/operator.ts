import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOperatorClaims, openTokenSigner } from '../../../src/platform/tokens.ts';
import { type Answer, call, type ServerAddress } from './server.ts';

/** Gives an account a plan, as the operator of the installation does. */
export const setPlan = async (server: ServerAddress, account: string, plan: string): Promise<Answer> => {
  const signer = await openTokenSigner(readFileSync(join(server.home, 'signing-key.json'), 'utf8'));
  const token = await signer.sign(makeOperatorClaims(Date.now()));
  return call(server, 'PUT', `/operator/accounts/${encodeURIComponent(account)}/plan`, {
    token,
    body: { plan },
  });
};
