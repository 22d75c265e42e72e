/** Functions only policies and webhooks have: authorization checks and keys of JSON patches. */

import { overload } from '../overloads.ts';
import { CelOpaque, type CelValue } from '../values.ts';

/** What an authorization check asks. */
export interface AuthorizationCheck {
  readonly verb: string;
  /** A path that is no resource; then nothing else counts. */
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name` of the service account asked about; absent means the requesting user. */
  readonly serviceAccount?: string;
}

/** The answer of an authorization check. */
export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Asks the cluster's authorizer. */
export type Authorize = (check: AuthorizationCheck) => AuthorizationAnswer;

const HEAD = 'kubernetes.authorization.';

const nothing: Omit<AuthorizationCheck, 'verb'> = {
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
};

/** `authorizer`, and the checks it builds: each step adds to what is asked. */
class CelCheck extends CelOpaque {
  readonly type: string;
  readonly ask: Authorize;
  readonly parts: Omit<AuthorizationCheck, 'verb'>;

  constructor(type: string, ask: Authorize, parts: Omit<AuthorizationCheck, 'verb'>) {
    super();
    this.type = `${HEAD}${type}`;
    this.ask = ask;
    this.parts = parts;
  }
}

class CelDecision extends CelOpaque {
  readonly type = `${HEAD}Decision`;
  readonly answer: AuthorizationAnswer;

  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }
}

/** The value of `authorizer`. */
export const makeAuthorizerValue = (ask: Authorize): CelValue => new CelCheck('Authorizer', ask, nothing);

/** The value of `authorizer.requestResource`. */
export const makeResourceCheck = (ask: Authorize, parts: Omit<AuthorizationCheck, 'verb'>): CelValue =>
  new CelCheck('ResourceCheck', ask, parts);

const step =
  (type: string, field: keyof Omit<AuthorizationCheck, 'verb'>) =>
  (check: CelValue, value: CelValue): CelValue => {
    const { ask, parts } = check as CelCheck;
    return new CelCheck(type, ask, { ...parts, [field]: value as string });
  };

const check = (value: CelValue, verb: CelValue): CelValue => {
  const { ask, parts } = value as CelCheck;
  return new CelDecision(ask({ ...parts, verb: verb as string }));
};

const answer = (value: CelValue): AuthorizationAnswer => (value as CelDecision).answer;

/** Functions of policies and webhooks. */
export const policyFunctions = [
  overload('Authorizer.path(string) PathCheck', step('PathCheck', 'path')),
  overload('Authorizer.group(string) GroupCheck', step('GroupCheck', 'group')),
  overload('Authorizer.serviceAccount(string, string) Authorizer', (value, namespace, name) => {
    const { ask, parts } = value as CelCheck;
    const serviceAccount = `${namespace as string}/${name as string}`;
    return new CelCheck('Authorizer', ask, { ...parts, serviceAccount });
  }),
  overload('GroupCheck.resource(string) ResourceCheck', step('ResourceCheck', 'resource')),
  overload('ResourceCheck.subresource(string) ResourceCheck', step('ResourceCheck', 'subresource')),
  overload('ResourceCheck.namespace(string) ResourceCheck', step('ResourceCheck', 'namespace')),
  overload('ResourceCheck.name(string) ResourceCheck', step('ResourceCheck', 'name')),
  overload('ResourceCheck.fieldSelector(string) ResourceCheck', (value) => value),
  overload('ResourceCheck.labelSelector(string) ResourceCheck', (value) => value),
  overload('PathCheck.check(string) Decision', check),
  overload('ResourceCheck.check(string) Decision', check),
  overload('Decision.allowed() bool', (value) => answer(value).allowed),
  overload('Decision.reason() string', (value) => answer(value).reason),
  overload('Decision.errored() bool', (value) => answer(value).error !== undefined),
  overload('Decision.error() string', (value) => answer(value).error ?? ''),
];

/** Functions of mutations by JSON patch. */
export const patchFunctions = [
  overload('jsonpatch.escapeKey(string) string', (key) =>
    (key as string).replaceAll('~', '~0').replaceAll('/', '~1'),
  ),
];
