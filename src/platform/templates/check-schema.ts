import { z } from 'zod';
import { dns1123Label } from '../../machinery/name-rules.ts';
import { localized, named, text } from './texts.ts';

/** An integer in a range. */
export const count = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

/** A span in whole seconds. */
export const seconds = (maximum: number) => count(1, maximum);

/** A namespace's name, or `*` where a check is about all of them. */
export const kubeNamespace = text(63);

/** One object. */
export const target = z.strictObject({
  apiVersion: text(253),
  kind: text(63),
  namespace: kubeNamespace.optional(),
  name: text(253),
});

/** Objects by name or labels. */
export const selection = z.strictObject({
  apiVersion: text(253),
  kind: text(63),
  namespace: kubeNamespace.optional(),
  name: text(253).optional(),
  selector: text(1000).optional().describe('A label selector as kubectl -l takes it.'),
});

const bounds = z
  .union([
    count(0, 1_000_000),
    z.strictObject({ min: count(0, 1_000_000).optional(), max: count(0, 1_000_000).optional() }),
  ])
  .transform((value) => (typeof value === 'number' ? { min: value, max: value } : value));

/** Somebody whose rights are looked at: a persona, a user, or a service account. */
export const subjectFields = z.strictObject({
  persona: text(63).optional(),
  user: text(256).optional(),
  groups: z.array(text(256)).max(20).optional(),
  serviceAccount: z.strictObject({ namespace: text(63), name: text(253) }).optional(),
});

const access = z
  .strictObject({
    verbs: z.array(text(63)).min(1).max(20),
    resources: z
      .array(text(253))
      .max(50)
      .optional()
      .describe('pods, pods/log, deployments.apps, deployments.apps/scale'),
    namespace: kubeNamespace.optional().describe('Absent: across the cluster.'),
    names: z.array(text(253)).max(50).optional(),
    paths: z.array(text(253)).max(20).optional().describe('Paths that are no resources, e.g. /metrics.'),
  })
  .refine(
    ({ resources, paths }) => resources !== undefined || paths !== undefined,
    'needs resources or paths',
  );

const accesses = z.array(access).min(1).max(50);

const object = selection.extend({
  match: z
    .unknown()
    .optional()
    .describe('A pattern: a part of the object, with operators such as $contains.'),
  absent: z.literal(true).optional(),
  count: bounds.optional(),
});

const cel = z.strictObject({
  objects: z.record(z.string().regex(/^[a-z][A-Za-z0-9_]*$/), selection),
  expression: text(4000),
  message: localized(1000).optional(),
});

const authz = subjectFields
  .extend({
    can: accesses.optional(),
    cannot: accesses.optional(),
    only: z.array(access).max(50).optional().describe('Nothing beyond these rights.'),
  })
  .refine(
    ({ can, cannot, only }) => can !== undefined || cannot !== undefined || only !== undefined,
    'needs can, cannot or only',
  );

const audit = z.strictObject({
  persona: text(63).optional(),
  user: text(256).optional(),
  impersonating: text(256).optional(),
  verbs: z.array(text(63)).min(1).max(20).optional(),
  resource: text(253).optional(),
  namespace: kubeNamespace.optional(),
  name: text(253).optional(),
  outcome: z.enum(['allowed', 'denied', 'failed']).optional(),
  count: bounds.optional(),
});

const KINDS = ['object', 'cel', 'authz', 'audit', 'all', 'any', 'not', 'stable'] as const;

/** A condition; recursive. */
export interface PredicateInput {
  readonly object?: z.infer<typeof object> | undefined;
  readonly cel?: z.infer<typeof cel> | undefined;
  readonly authz?: z.infer<typeof authz> | undefined;
  readonly audit?: z.infer<typeof audit> | undefined;
  readonly all?: readonly PredicateInput[] | undefined;
  readonly any?: readonly PredicateInput[] | undefined;
  readonly not?: PredicateInput | undefined;
  readonly stable?: { readonly seconds: number; readonly check: PredicateInput } | undefined;
}

const kindFields = {
  object: object.optional(),
  cel: cel.optional(),
  authz: authz.optional(),
  audit: audit.optional(),
  get all() {
    return z.array(predicateSchema).min(1).max(20).optional();
  },
  get any() {
    return z.array(predicateSchema).min(1).max(20).optional();
  },
  get not() {
    return predicateSchema.optional();
  },
  get stable() {
    return z.strictObject({ seconds: seconds(3600), check: predicateSchema }).optional();
  },
};

const isOne = (value: object): boolean => KINDS.filter((kind) => kind in value).length === 1;
const ONE = { message: `needs exactly one of ${KINDS.join(', ')}` };

/** A condition as authors write it. */
export const predicateSchema: z.ZodType<PredicateInput> = z.strictObject(kindFields).refine(isOne, ONE);

/** A check as authors write it. */
export const checkSchema = z
  .strictObject({
    id: named(dns1123Label),
    title: localized(300),
    points: count(0, 1000).default(1),
    hint: localized(2000).optional().describe('Shown while the check fails.'),
    requires: z
      .array(text(63))
      .max(10)
      .optional()
      .describe('Checks that must have passed; until then this one fails without being looked at.'),
    object: object.optional(),
    cel: cel.optional(),
    authz: authz.optional(),
    audit: audit.optional(),
    all: z.array(predicateSchema).min(1).max(20).optional(),
    any: z.array(predicateSchema).min(1).max(20).optional(),
    not: predicateSchema.optional(),
    stable: z.strictObject({ seconds: seconds(3600), check: predicateSchema }).optional(),
  })
  .refine(isOne, ONE);
