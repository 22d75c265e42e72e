import { stringify } from 'yaml';
import { z } from 'zod';
import type { AccessAnswer, AccessQuestion } from '../../durable-objects/rpc.ts';
import { badRequestProblem, makeProblem } from '../platform/problem.ts';
import { parseMoment } from './audit-routes.ts';
import { type AnyCall, defineRoute, ok, type Route, textAnswer } from './control/route.ts';
import { ownedCluster } from './owned-cluster.ts';

/** Questions about access: explained decisions, who can, the matrix, what changed, least privilege. */

const text = z.string().max(512);
const optionalText = text.optional();

/** Groups may be repeated by commas; `kubectl --as-group` people write them so. */
const subjectShape = {
  user: text.min(1).meta({ description: 'User name, e.g. `dev` or `system:serviceaccount:ci:deployer`' }),
  groups: z.string().max(2048).optional().meta({
    description: 'Groups with commas between them; absent: those of the last request in the audit log',
  }),
} as const;

const requestShape = {
  verb: text.min(1).meta({ description: 'get, list, watch, create, update, patch, delete, …' }),
  group: optionalText.meta({
    description: 'API group; empty or `core` is the core group; absent: found from the resource',
  }),
  resource: optionalText.meta({ description: '`pods`, `pods/log`, `deployments.apps`, `deploy`' }),
  subresource: optionalText,
  namespace: optionalText.meta({ description: 'Empty: cluster scope, and requests over all namespaces' }),
  name: optionalText,
  path: optionalText.meta({
    description: 'A path that is no resource, e.g. `/metrics`; instead of a resource',
  }),
} as const;

const revision = z.coerce.number().int().min(0).optional();

const answerView = z.looseObject({});
const explanationView = z
  .looseObject({
    decision: z.enum(['allow', 'deny']),
    allowed: z.boolean(),
    reason: z.string(),
    sentence: z.string(),
    grants: z.array(z.looseObject({ by: z.string(), sentence: z.string() })),
    nearestMisses: z.array(
      z.looseObject({
        kind: z.string(),
        object: z.looseObject({ kind: z.string(), name: z.string() }),
        field: z.string(),
        sentence: z.string(),
        fix: z.looseObject({ summary: z.string(), commands: z.array(z.string()) }),
      }),
    ),
  })
  .meta({ id: 'AccessExplanation' });

const groupsOf = (groups: string | undefined): { groups?: readonly string[] } =>
  groups === undefined
    ? {}
    : {
        groups: groups
          .split(',')
          .map((group) => group.trim())
          .filter(Boolean),
      };

const given = <Shape extends object>(
  shape: Shape,
): { [Key in keyof Shape]: Exclude<Shape[Key], undefined> } =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Shape]: Exclude<Shape[Key], undefined>;
  };

type AskedShape = { readonly [Key in keyof typeof requestShape]?: string | undefined };

/** The request asked about: a resource or a path, not both, not neither. */
const requestOf = ({ verb = '', group, resource, subresource, namespace, name, path }: AskedShape) => {
  if ((resource === undefined || resource === '') === (path === undefined || path === '')) {
    throw badRequestProblem('say either resource or path', [
      { in: 'query', path: 'resource', message: 'a resource, or a path that is none' },
    ]);
  }
  return given({ verb, group, resource, subresource, namespace, name, path });
};

const ask = async (
  call: Pick<AnyCall, 'env' | 'directory' | 'caller' | 'now'>,
  clusterId: string,
  question: AccessQuestion,
): Promise<Readonly<Record<string, unknown>>> => {
  const cluster = await ownedCluster(call, clusterId);
  const answer: AccessAnswer = await cluster.access(question);
  if ('value' in answer) return answer.value;
  if (answer.status === 404) throw makeProblem('not-found', answer.detail);
  throw answer.status === 410 ? makeProblem('gone', answer.detail) : badRequestProblem(answer.detail);
};

const explainRoute = defineRoute({
  id: 'explainAccess',
  method: 'GET',
  path: '/clusters/{id}/authz/explain',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Explain a decision',
  description:
    'What the authorizer says, every grant that matches, or the nearest misses: each names the object that almost granted it, the one field that differs, and a fix. With `auditId` (the `Audit-Id` header of any answer) the request of that event is explained as things stood then.',
  query: z.object({
    ...subjectShape,
    ...requestShape,
    user: optionalText,
    verb: optionalText,
    auditId: z.string().max(256).optional().meta({ description: 'Instead of everything else' }),
  }),
  answers: { 200: { description: 'The decision with its reasons', schema: explanationView } },
  handle: async (call) => {
    const { query, params } = call;
    const { auditId, user = '', verb = '', groups } = query;
    if (auditId !== undefined) {
      return ok(await ask(call, params.id, { what: 'explain-recorded', auditId }));
    }
    if (user === '' || verb === '') throw badRequestProblem('say user and verb, or auditId');
    const question: AccessQuestion = {
      what: 'explain',
      user,
      ...groupsOf(groups),
      ...requestOf({ ...query, verb }),
    };
    return ok(await ask(call, params.id, question));
  },
});

const whoCanRoute = defineRoute({
  id: 'whoCan',
  method: 'GET',
  path: '/clusters/{id}/authz/who-can',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'List who may do something',
  description:
    'Users, groups and service accounts that rules allow it to, with the bindings they have it from.',
  query: z.object(requestShape),
  answers: { 200: { description: 'Subjects', schema: answerView } },
  handle: async (call) => ok(await ask(call, call.params.id, { what: 'who-can', ...requestOf(call.query) })),
});

const matrixRoute = defineRoute({
  id: 'readAccessMatrix',
  method: 'GET',
  path: '/clusters/{id}/authz/matrix',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Read what a subject may do',
  description:
    'Verbs by resource: cluster-wide first (namespace ""), then each namespace in which the subject has rights of its own.',
  query: z.object({ ...subjectShape, namespace: optionalText }),
  answers: { 200: { description: 'The matrix', schema: answerView } },
  handle: async (call) => {
    const { user, groups, namespace } = call.query;
    const question: AccessQuestion = { what: 'matrix', user, ...groupsOf(groups), ...given({ namespace }) };
    return ok(await ask(call, call.params.id, question));
  },
});

const diffRoute = defineRoute({
  id: 'diffAccess',
  method: 'GET',
  path: '/clusters/{id}/authz/diff',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Compare access at two revisions',
  description:
    'Roles and bindings that changed, and what each subject gained and lost. Revisions are resource versions; absent, the oldest that can be read and the newest.',
  query: z.object({ from: revision, to: revision }),
  answers: { 200: { description: 'What changed', schema: answerView } },
  problems: ['gone'],
  handle: async (call) => ok(await ask(call, call.params.id, { what: 'diff', ...given(call.query) })),
});

interface Derived {
  readonly manifests?: readonly object[];
}

const printManifests = ({ manifests = [] }: Derived): string =>
  manifests.length === 0
    ? '# nothing was done that needs a role\n'
    : manifests.map((manifest) => `---\n${stringify(manifest, { lineWidth: 0 })}`).join('');

const wantsYaml = (request: Request): boolean => (request.headers.get('accept') ?? '').includes('yaml');

const leastRoute = defineRoute({
  id: 'deriveLeastPrivilege',
  method: 'GET',
  path: '/clusters/{id}/authz/least-privilege',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Derive roles from what a subject did',
  description:
    'From the audit log: roles and bindings, one for each namespace, that allow what the subject did and nothing else, and how its rights compare. With `Accept: application/yaml` the roles alone, ready for `kubectl apply -f -`.',
  query: z.object({
    ...subjectShape,
    since: optionalText.meta({ description: 'RFC 3339, or a span before now such as `1h`' }),
    until: optionalText,
    namespace: optionalText,
    names: z
      .enum(['true', 'false'])
      .default('false')
      .meta({ description: 'Limit rules to the names that were used' }),
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/, 'must be a name')
      .max(200)
      .optional()
      .meta({ description: 'Name of the roles; absent: `<user>-observed`' }),
  }),
  answers: { 200: { description: 'Roles and a comparison', schema: answerView } },
  handle: async (call) => {
    const { user, groups, since, until, namespace, names, name } = call.query;
    const { now } = await (await ownedCluster(call, call.params.id)).clock();
    const value = await ask(call, call.params.id, {
      what: 'least-privilege',
      user,
      byName: names === 'true',
      ...groupsOf(groups),
      ...given({
        since: parseMoment(since, 'since', now),
        until: parseMoment(until, 'until', now),
        namespace,
        name,
      }),
    });
    return wantsYaml(call.request)
      ? textAnswer(200, printManifests(value as Derived), 'application/yaml')
      : ok(value);
  },
});

const settingsView = z.object({ denialIds: z.boolean() }).meta({ id: 'AuthzSettings' });

const readSettings = defineRoute({
  id: 'readAuthzSettings',
  method: 'GET',
  path: '/clusters/{id}/authz/settings',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Read how denials are told',
  answers: { 200: { description: 'The settings', schema: settingsView } },
  handle: async (call) => ok({ denialIds: await (await ownedCluster(call, call.params.id)).denialIds() }),
});

const changeSettings = defineRoute({
  id: 'replaceAuthzSettings',
  method: 'PUT',
  path: '/clusters/{id}/authz/settings',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Set how denials are told',
  description:
    'With `denialIds` a denial names the event that explains it in `details.uid`, which upstream leaves out. A single request asks for the same with the header `Kubicle-Explain: true`; the id is in the `Audit-Id` header in any case.',
  body: settingsView,
  answers: { 200: { description: 'The settings', schema: settingsView } },
  example: { body: { denialIds: true }, answer: { denialIds: true } },
  handle: async (call) => {
    const cluster = await ownedCluster(call, call.params.id);
    return ok({ denialIds: await cluster.denialIds(call.body.denialIds) });
  },
});

const reconcileRoute = defineRoute({
  id: 'reconcileDefaultPolicy',
  method: 'POST',
  path: '/clusters/{id}/authz/reconcile',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Repair default roles and bindings',
  description:
    'What an API server does when it starts: default roles and bindings get back what is missing; additions stay, and so do objects annotated `rbac.authorization.kubernetes.io/autoupdate: "false"`.',
  answers: {
    200: {
      description: 'What was changed',
      schema: z.object({ changed: z.array(z.looseObject({ kind: z.string(), name: z.string() })) }),
    },
  },
  handle: async (call) => ok({ changed: await (await ownedCluster(call, call.params.id)).reconcilePolicy() }),
});

/** Rows of the questions about access. */
export const authzRoutes: readonly Route[] = [
  explainRoute,
  whoCanRoute,
  matrixRoute,
  diffRoute,
  leastRoute,
  readSettings,
  changeSettings,
  reconcileRoute,
];
