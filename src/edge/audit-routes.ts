import { stringify } from 'yaml';
import { z } from 'zod';
import type { AuditPage, AuditQuery } from '../../durable-objects/rpc.ts';
import { parseTime } from '../machinery/time.ts';
import { badRequestProblem } from '../platform/problem.ts';
import { defineRoute, ok, type Route, textAnswer } from './control/route.ts';
import { ownedCluster } from './owned-cluster.ts';

/** The audit log of a cluster and the policy that says what goes into it. */

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** An instant as RFC 3339, as milliseconds, or so long ago: `90s`, `15m`, `2h`, `1d` before the cluster's now. */
const moment = z.string().max(40);

const AGO = /^(\d{1,6})(s|m|h|d)$/;
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a moment of a query: RFC 3339, milliseconds, or a span before `now`. Throws a 400 problem. */
export const parseMoment = (text: string | undefined, name: string, now: number): number | undefined => {
  if (text === undefined || text === '') return undefined;
  const ago = AGO.exec(text);
  if (ago !== null) return now - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS];
  const at = /^\d{10,16}$/.test(text) ? Number(text) : parseTime(text.replace(' ', '+'));
  if (at === undefined) {
    throw badRequestProblem(`${name}: must be RFC 3339, milliseconds since 1970, or a span such as 15m`);
  }
  return at;
};

const auditQuery = z.object({
  user: z.string().max(512).optional().meta({ description: 'Who asked, or who was impersonated' }),
  verb: z.string().max(200).optional().meta({ description: 'One verb, or several with commas between them' }),
  group: z.string().max(253).optional().meta({ description: 'API group; `core` for the core group' }),
  resource: z
    .string()
    .max(253)
    .optional()
    .meta({ description: '`pods`, `pods/log`, or `pods/*` for pods and all their subresources' }),
  namespace: z.string().max(253).optional(),
  name: z.string().max(253).optional(),
  since: moment.optional().meta({ description: 'RFC 3339, or a span before now such as `15m`; inclusive' }),
  until: moment.optional().meta({ description: 'The same; exclusive' }),
  code: z
    .string()
    .regex(/^(?:[1-5]\d\d|[1-5]xx)$/, 'must be a status code or a class such as 4xx')
    .optional()
    .meta({ description: 'A status code, or a class such as `4xx`' }),
  decision: z.enum(['allow', 'forbid']).optional(),
  stage: z.enum(['RequestReceived', 'ResponseStarted', 'ResponseComplete']).optional(),
  auditId: z.string().max(256).optional(),
  order: z.enum(['desc', 'asc']).default('desc').meta({ description: 'Newest first, or oldest first' }),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not one that a list returned')
    .optional()
    .meta({ description: '`nextCursor` of the page before' }),
});

type Asked = z.infer<typeof auditQuery>;

const given = <Value>(name: string, value: Value | undefined): Record<string, Value> =>
  value === undefined || value === '' ? {} : { [name]: value };

const toQuery = (asked: Asked, now: number): AuditQuery => ({
  ...given('user', asked.user),
  ...given('verbs', asked.verb ? asked.verb.split(',').map((verb) => verb.trim()) : undefined),
  ...(asked.group === undefined ? {} : { group: asked.group === 'core' ? '' : asked.group }),
  ...given('resource', asked.resource),
  ...given('namespace', asked.namespace),
  ...given('name', asked.name),
  ...given('since', parseMoment(asked.since, 'since', now)),
  ...given('until', parseMoment(asked.until, 'until', now)),
  ...given('code', asked.code === undefined ? undefined : Number.parseInt(asked.code, 10)),
  ...given('decision', asked.decision),
  ...given('stage', asked.stage),
  ...given('auditId', asked.auditId),
  ...given('cursor', asked.cursor === undefined ? undefined : Number(asked.cursor)),
  order: asked.order,
  limit: asked.limit,
});

const printPage = ({ events, cursor, gap }: AuditPage) => ({
  kind: 'EventList',
  apiVersion: 'audit.k8s.io/v1',
  metadata: cursor === undefined ? {} : { continue: String(cursor) },
  items: events,
  ...(cursor === undefined ? {} : { nextCursor: String(cursor) }),
  ...(gap === undefined
    ? {}
    : {
        gap: {
          droppedEvents: gap.events,
          ...(gap.until === undefined ? {} : { before: new Date(gap.until).toISOString() }),
        },
      }),
});

const eventList = z
  .looseObject({
    kind: z.literal('EventList'),
    apiVersion: z.literal('audit.k8s.io/v1'),
    items: z.array(z.looseObject({})).meta({ description: 'audit.k8s.io/v1 Events' }),
    nextCursor: z.string().optional(),
    gap: z
      .object({ droppedEvents: z.number().int(), before: z.string().optional() })
      .optional()
      .meta({ description: 'Present when older events had to make room' }),
  })
  .meta({ id: 'AuditEventList' });

const listAudit = defineRoute({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/clusters/{id}/audit',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Read the audit log',
  description:
    'An audit.k8s.io/v1 EventList, newest first. The log is bounded: `gap` says how many older events were dropped, and where nothing is filtered an event with the annotation `audit.kubicle.dev/gap` stands in their place.',
  query: auditQuery,
  answers: { 200: { description: 'Events that match', schema: eventList } },
  handle: async (call) => {
    const cluster = await ownedCluster(call, call.params.id);
    const { now } = await cluster.clock();
    return ok(printPage(await cluster.audit(toQuery(call.query, now))));
  },
});

const policySchema = z
  .looseObject({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    rules: z.array(z.looseObject({})).optional(),
  })
  .meta({ id: 'AuditPolicy', description: 'An audit.k8s.io/v1 Policy' });

const wantsYaml = (request: Request): boolean => /yaml/.test(request.headers.get('accept') ?? '');

const printPolicy = (policy: object, isDefault: boolean) => ({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  metadata: { annotations: { 'audit.kubicle.dev/default': String(isDefault) } },
  ...policy,
});

const readPolicy = defineRoute({
  id: 'readAuditPolicy',
  method: 'GET',
  path: '/clusters/{id}/audit/policy',
  scope: 'clusters:read',
  tag: 'Access',
  summary: 'Read the audit policy',
  description: 'As JSON, or as YAML when that is accepted.',
  answers: { 200: { description: 'The policy in force', schema: policySchema } },
  handle: async (call) => {
    const { policy, isDefault } = await (await ownedCluster(call, call.params.id)).auditPolicy();
    const printed = printPolicy(policy, isDefault);
    return wantsYaml(call.request) ? textAnswer(200, stringify(printed), 'application/yaml') : ok(printed);
  },
});

const writePolicy = defineRoute({
  id: 'replaceAuditPolicy',
  method: 'PUT',
  path: '/clusters/{id}/audit/policy',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Set the audit policy',
  description:
    'What `kube-apiserver --audit-policy-file` takes, as JSON or YAML. It holds from the next request on; what is recorded already stays.',
  body: policySchema,
  bodyForm: 'json-or-yaml',
  answers: { 200: { description: 'The policy in force', schema: policySchema } },
  example: {
    body: { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Request', verbs: ['create'] }] },
  },
  handle: async (call) => {
    const cluster = await ownedCluster(call, call.params.id);
    const { policy, isDefault, problems } = await cluster.auditPolicy({ policy: call.body });
    if (problems.length > 0) {
      const first = problems[0] ?? '';
      throw badRequestProblem(
        first,
        problems.map((message) => ({ path: message.split(':')[0] ?? '', message })),
      );
    }
    return ok(printPolicy(policy, isDefault));
  },
});

const resetPolicy = defineRoute({
  id: 'resetAuditPolicy',
  method: 'DELETE',
  path: '/clusters/{id}/audit/policy',
  scope: 'clusters:write',
  tag: 'Access',
  summary: 'Go back to the default audit policy',
  answers: { 200: { description: 'The policy in force', schema: policySchema } },
  handle: async (call) => {
    const cluster = await ownedCluster(call, call.params.id);
    const { policy, isDefault } = await cluster.auditPolicy({ policy: undefined });
    return ok(printPolicy(policy, isDefault));
  },
});

/** Rows of the audit log. */
export const auditRoutes: readonly Route[] = [listAudit, readPolicy, writePolicy, resetPolicy];
