import { describe, expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../../test/support/golden.ts';
import { makeMemoryLookup } from '../../test/support/memory-lookup.ts';
import type { ClusterRole } from '../kinds/generated/types.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import type { StatusError } from '../machinery/status.ts';
import { defaultPolicy } from './default-policy.ts';
import { checkBindingWrite, checkRoleWrite, type RbacWrite } from './escalation.ts';
import { type Identity, makeSystemIdentity } from './identity.ts';
import { impersonate } from './impersonation.ts';
import { makeAuthorizer } from './rbac.ts';
import { makeReviewHandlers, type ReviewContext } from './reviews.ts';

interface Case {
  readonly id: string;
  readonly objects: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly as?: { readonly user: string; readonly groups: readonly string[] };
    readonly body?: Draft;
  };
  readonly response: { readonly status: number; readonly body?: Record<string, unknown> };
}

type Sets = Record<string, { readonly objects: readonly KubeObject[] }>;

const admin = makeSystemIdentity('admin');
const sets = readGoldenJson<Sets>('rbac-sets.json.gz');
const policy = defaultPolicy();

/** What the aggregation controller does: rules of the selected roles, in name order. */
const aggregate = (objects: readonly KubeObject[]): KubeObject[] =>
  objects.map((object) => {
    const selectors = (object as ClusterRole).aggregationRule?.clusterRoleSelectors;
    if (selectors === undefined) return object;
    const parts = objects.filter((other) =>
      selectors.some(({ matchLabels = {} }) =>
        Object.entries(matchLabels).every(([key, value]) => other.metadata.labels?.[key] === value),
      ),
    );
    const rules = [
      ...((object as ClusterRole).rules ?? []),
      ...parts.flatMap((part) => (part as ClusterRole).rules ?? []),
    ];
    return { ...object, rules } as KubeObject;
  });

const worlds = Object.fromEntries(
  Object.entries(sets).map(([name, { objects }]) => {
    const lookup = makeMemoryLookup([...policy, ...aggregate(objects)]);
    const authorizer = makeAuthorizer({ lookup, rbacRevision: () => 1 });
    return [
      name,
      {
        lookup,
        authorizer,
        handlers: makeReviewHandlers({ authorizer, authenticateToken: () => undefined }),
      },
    ];
  }),
);
const worldOf = (name: string) => {
  const world = worlds[name];
  if (world === undefined) throw new Error(`no object set ${name}`);
  return world;
};

const identityOf = (entry: Case): Identity => {
  const { as } = entry.request;
  if (as === undefined) return admin;
  const headers: Record<string, string> = { 'impersonate-user': as.user };
  if (as.groups.length > 0) headers['impersonate-group'] = as.groups.join(', ');
  return impersonate(worldOf(entry.objects).authorizer, admin, headers);
};

/** Rules in one order, for comparing reviews as sets. */
const asSet = (status: unknown): unknown => {
  const copy = structuredClone(status) as Record<string, unknown>;
  for (const list of ['resourceRules', 'nonResourceRules']) {
    const rules = copy[list] as unknown[] | undefined;
    if (rules)
      copy[list] = rules.map((rule) => JSON.stringify(rule, Object.keys(rule as object).sort())).sort();
  }
  return copy;
};

/** Which of several bindings is named is not settled. */
const maskSource = (status: unknown): unknown => {
  const copy = { ...(status as Record<string, unknown>) };
  if (copy['allowed'] === true && copy['reason'] !== undefined) copy['reason'] = 'RBAC: allowed';
  return copy;
};

const cases = readGoldenLines<Case>('rbac-decisions.jsonl.gz');

describe('recorded reviews', () => {
  const reviews = cases.filter(
    ({ request }) => request.path.includes('reviews') && request.method === 'POST',
  );
  const answers = reviews
    .filter(({ response }) => response.status === 201)
    .map((entry) => {
      const [, , group, , resource] = entry.request.path.split('/');
      const handler = worldOf(entry.objects).handlers[`${group}/${resource}`];
      const context = { identity: identityOf(entry), namespace: '' } as unknown as ReviewContext;
      return { entry, answer: handler?.({ ...entry.request.body }, context) ?? {} };
    });

  test('give the recorded status', () => {
    for (const { entry, answer } of answers) {
      const expected = entry.response.body;
      expect(maskSource(asSet(answer['status'])), entry.id).toEqual(maskSource(asSet(expected)));
    }
    expect(answers.length).toBeGreaterThan(900);
  });

  test('name the recorded binding almost always', () => {
    const same = answers.filter(
      ({ entry, answer }) =>
        (answer['status'] as Record<string, unknown>)['reason'] === entry.response.body?.['reason'],
    );
    expect(same.length / answers.length).toBeGreaterThan(0.97);
  });
});

describe('recorded grants', () => {
  const grants = cases.filter(
    ({ id, request, response }) =>
      /^(escalate|bind|aggregate) /.test(id) &&
      ['POST', 'PUT'].includes(request.method) &&
      !String(response.body?.['message'] ?? '').includes(' cannot '),
  );
  test.each(grants.map((entry) => [entry.id, entry] as const))('%s', (_id, entry) => {
    const { authorizer, lookup } = worldOf(entry.objects);
    const path = (entry.request.path.split('?')[0] ?? '').split('/');
    const namespace = path[4] === 'namespaces' ? (path[5] ?? '') : '';
    const [resource = '', requestName = ''] = path.slice(namespace === '' ? 4 : 6);
    const object = entry.request.body as unknown as KubeObject;
    const write: RbacWrite = {
      resource: resource as RbacWrite['resource'],
      namespace,
      name: object.metadata.name ?? '',
      requestName,
      identity: identityOf(entry),
    };
    const attempt = () => {
      const old = lookup.get(`${write.resource}.rbac.authorization.k8s.io`, namespace, requestName);
      if (write.resource === 'roles' || write.resource === 'clusterroles') {
        checkRoleWrite(authorizer, write, object as never, old as never);
      } else {
        checkBindingWrite(authorizer, write, (object as unknown as { roleRef: never }).roleRef);
      }
    };
    const expected = entry.response;
    if (expected.status < 300 || expected.status === 422) return expect(attempt).not.toThrow();
    try {
      attempt();
    } catch (error) {
      expect((error as StatusError).status).toEqual(expected.body);
      return undefined;
    }
    throw new Error(`was allowed, expected ${expected.status} ${String(expected.body?.['message'])}`);
  });
});
