/** Who is asking, after authentication. */

export interface Identity {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymous: Identity = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** An identity of the control plane itself, e.g. `system:kube-scheduler`; allowed everything by construction. */
export const makeSystemIdentity = (username: string): Identity => ({
  username,
  groups: ['system:authenticated', 'system:masters'],
});

/** The controllers' service-account style identity: `system:serviceaccount:kube-system:<name>`. */
export const makeControllerIdentity = (name: string): Identity =>
  makeSystemIdentity(`system:serviceaccount:kube-system:${name}`);
