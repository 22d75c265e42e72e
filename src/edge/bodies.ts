import { z } from 'zod';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../machinery/name-rules.ts';
import { parseQuantity, signOfQuantity } from '../machinery/quantity.ts';
import { parseTime } from '../machinery/time.ts';
import { SCOPES } from '../platform/scopes.ts';

/** Bodies of the control API: their shape, their defaults and what is refused. */

const MAXIMUM_NODES = 100;
/** The longest span that is asked for, and the farthest that one call moves a clock. */
export const YEAR_SECONDS = 365 * 24 * 3600;

/** A text that one of the Kubernetes name rules accepts. */
const named = (rule: (text: string) => readonly string[]) =>
  z.string().superRefine((text, context) => {
    for (const message of rule(text)) context.addIssue({ code: 'custom', message });
  });

const quantity = z
  .union([z.string(), z.number()])
  .transform(String)
  .superRefine((text, context) => {
    const parsed = parseQuantity(text);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.error });
    else if (signOfQuantity(parsed.value) <= 0)
      context.addIssue({ code: 'custom', message: 'must be positive' });
  });

const time = z.string().transform((text, context) => {
  const at = parseTime(text);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'must be an RFC 3339 time' });
  return z.NEVER;
});

const seconds = (minimum: number) => z.number().int().min(minimum).max(YEAR_SECONDS);

const credentials = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(8).max(256),
});

/** What is no good as a new password is simply wrong when somebody signs in. */
const signIn = z.strictObject({ email: z.email().max(254), password: z.string().max(256) });

const apiKey = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(SCOPES)).max(SCOPES.length).default([]),
  expiresAt: time.optional(),
});

const taint = z.strictObject({
  key: named(qualifiedName),
  value: named(labelValue).optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

const node = z.strictObject({
  name: named(dns1123Subdomain),
  cpu: quantity.default('4'),
  memory: quantity.default('8Gi'),
  labels: z.record(named(qualifiedName), named(labelValue)).optional(),
  taints: z.array(taint).max(20).optional(),
});

const numberedNodes = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `worker-${index + 1}`, cpu: '4', memory: '8Gi' }));

const nodeCount = z.number().int().min(0).max(MAXIMUM_NODES).transform(numberedNodes);

const nodeList = z
  .array(node)
  .max(MAXIMUM_NODES)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'names must differ');

const nodes = z
  .union([nodeCount, nodeList], { error: `must be a number from 0 to ${MAXIMUM_NODES}, or a list of nodes` })
  .default(numberedNodes(3));

/** A cluster without workers has nothing that addons could run on, so it is given none unless it asks. */
const everyAddon = ['metrics-server', 'default-storageclass'] as const;

const cluster = z
  .strictObject({
    name: named(dns1123Label).optional(),
    nodes,
    latency: z.enum(['instant', 'fast', 'realistic']).default('fast'),
    seed: z
      .union([z.string().max(256), z.number()])
      .transform(String)
      .optional(),
    ttlSeconds: seconds(1).optional(),
    organisationId: z.string().max(64).optional(),
    template: z.string().optional(),
    addons: z.array(z.enum(everyAddon)).max(everyAddon.length).optional(),
  })
  .transform((wanted) => ({
    ...wanted,
    addons: wanted.addons ?? (wanted.nodes.length > 0 ? everyAddon : []),
  }));

const text = z.string().min(1).max(256);
const groups = z.array(text).max(100);
const extra = z
  .record(text, z.array(z.string().max(256)).max(32))
  .refine((map) => Object.keys(map).length <= 32, 'must have at most 32 keys')
  .meta({ description: 'What SubjectAccessReviews and audit see beside name and groups' });

const kubeconfig = z
  .strictObject({
    name: z
      .string()
      .max(100)
      .optional()
      .meta({ description: "What the list of tokens calls the kubeconfig's" }),
    user: text.optional(),
    groups: groups.optional(),
    uid: text.optional(),
    extra: extra.optional(),
    serviceAccount: z
      .strictObject({
        namespace: named(dns1123Label),
        name: named(dns1123Subdomain),
        audiences: z.array(text).max(16).optional(),
      })
      .optional(),
    pod: z
      .strictObject({ namespace: named(dns1123Label), name: named(dns1123Subdomain) })
      .optional()
      .meta({ description: "The token in the pod's volume: refused once the pod is gone" }),
    namespace: named(dns1123Label).optional(),
    ttlSeconds: seconds(60).optional(),
  })
  .refine(({ serviceAccount, pod, user, groups: wantedGroups, uid, extra: wantedExtra }) => {
    const isUser = [user, wantedGroups, uid, wantedExtra].some((part) => part !== undefined);
    return [serviceAccount !== undefined, pod !== undefined, isUser].filter(Boolean).length <= 1;
  }, 'a kubeconfig is for a user, a serviceAccount or a pod');

const userToken = z.strictObject({
  name: z.string().max(100).default('').meta({ description: 'What people call it' }),
  user: text,
  groups: groups.default([]),
  uid: text.optional(),
  extra: extra.optional(),
  ttlSeconds: seconds(60).default(30 * 24 * 3600),
});

const signingKey = z.strictObject({
  forget: z.boolean().default(false).meta({
    description: 'Forget all older keys at once: every service-account token made so far is refused',
  }),
});

const certificateToken = z.strictObject({
  proof: z.string().min(1).max(32_768).meta({
    description:
      "A JWT signed with the certificate's key (ES256, ES384, ES512, RS256, PS256 or EdDSA). Header: `x5c` with the certificate. Claims: `aud` the cluster's id, `iat`, `exp` at most 300 s later, `jti` random",
  }),
});

const FASTEST = 100_000;

const pace = z.strictObject({
  paused: z.boolean().optional(),
  rate: z.number().positive().max(FASTEST).optional(),
});

const advance = z.union(
  [z.strictObject({ seconds: z.number().min(0).max(YEAR_SECONDS) }), z.strictObject({ until: time })],
  { error: 'must be {seconds} or {until}' },
);

/** The schemas by what they create or change. */
export const bodies = {
  credentials,
  signIn,
  apiKey,
  cluster,
  kubeconfig,
  userToken,
  signingKey,
  certificateToken,
  pace,
  advance,
} as const;

/** What a `POST /v1/clusters/{id}/kubeconfigs` asks for. */
export type KubeconfigRequest = z.infer<typeof kubeconfig>;
