/**
 * Templates of exercises: the format authors write, its rules, and what becomes of it. Everything here is about
 * texts and data; clusters are elsewhere.
 */

import { z } from 'zod';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../machinery/name-rules.ts';
import {
  checkSchema,
  count,
  kubeNamespace,
  seconds,
  selection,
  type subjectFields,
  target,
} from './check-schema.ts';
import { localized, named, text } from './texts.ts';

const DAY_SECONDS = 24 * 3600;

const variableName = z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/, 'must be a lower-case word');
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const variable = z
  .union([
    z.strictObject({ oneOf: z.array(scalar).min(1).max(100) }),
    z.strictObject({ integer: z.strictObject({ min: z.int(), max: z.int() }) }),
    z.strictObject({ letters: z.int().min(1).max(16) }),
    z.strictObject({ value: scalar }),
  ])
  .describe(
    'A value that differs from environment to environment, chosen by the seed. Any text may name it: a dollar sign and its name in braces.',
  );

const node = z.strictObject({
  name: named(dns1123Subdomain),
  cpu: text(20).default('4'),
  memory: text(20).default('8Gi'),
  labels: z.record(named(qualifiedName), named(labelValue)).optional(),
  taints: z
    .array(
      z.strictObject({
        key: named(qualifiedName),
        value: named(labelValue).optional(),
        effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
      }),
    )
    .max(20)
    .optional(),
});

const cluster = z
  .strictObject({
    nodes: z
      .union([count(0, 20), z.array(node).max(20)])
      .default(1)
      .describe('Worker nodes: how many, or which.'),
    latency: z.enum(['instant', 'fast', 'realistic']).default('fast'),
    addons: z
      .array(z.enum(['metrics-server', 'default-storageclass']))
      .max(2)
      .optional(),
    seed: text(100)
      .optional()
      .describe("Fixes the cluster's randomness; otherwise each environment has its own."),
    ageSeconds: count(2, 3600)
      .default(10)
      .describe('How old the cluster is when the learner gets it: what takes time has happened by then.'),
    clock: z
      .strictObject({
        start: z.iso
          .datetime()
          .optional()
          .describe('Cluster time the learner starts at; absent: the present.'),
        paused: z.boolean().optional(),
        rate: z.number().positive().max(100_000).optional(),
      })
      .default({}),
  })
  .prefault({});

const persona = z
  .strictObject({
    name: named(dns1123Label).describe('Steps and checks refer to it; its kubeconfig is served under it.'),
    title: localized(200).optional(),
    user: text(256).optional(),
    groups: z.array(text(256)).max(20).optional(),
    serviceAccount: z.strictObject({ namespace: text(63), name: text(253) }).optional(),
    namespace: text(63).optional().describe('Default namespace of the kubeconfig.'),
    hidden: z.boolean().optional().describe('Learners get no kubeconfig of it; steps and checks may use it.'),
  })
  .refine(
    ({ user, groups, serviceAccount }) =>
      serviceAccount === undefined ? user !== undefined : user === undefined && groups === undefined,
    'needs user (with groups, if any) or serviceAccount',
  );

const manifest = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1).optional(), namespace: z.string().optional() }),
});

const manifests = z.array(manifest).max(300);
const oneOrMore = z
  .union([manifest, manifests])
  .transform((value) => (Array.isArray(value) ? value : [value]));
const changes = z.record(z.string(), z.string().nullable());

const VERBS = [
  'apply',
  'create',
  'replace',
  'delete',
  'patch',
  'label',
  'annotate',
  'scale',
  'setImage',
  'restart',
  'undo',
  'certificate',
  'get',
  'request',
  'wait',
] as const;

const step = z
  .strictObject({
    as: text(63).optional().describe("The persona who does it; absent: the cluster's admin."),
    impersonate: z
      .strictObject({ user: text(256).optional(), groups: z.array(text(256)).max(20).optional() })
      .optional()
      .describe('kubectl --as and --as-group.'),
    expect: z
      .union([z.enum(['allowed', 'denied']), z.int().min(100).max(599)])
      .optional()
      .describe('What it must be answered with; absent: allowed.'),
    apply: oneOrMore.optional(),
    create: oneOrMore.optional(),
    replace: oneOrMore.optional(),
    delete: target.extend({ ignoreNotFound: z.boolean().optional() }).optional(),
    patch: target
      .extend({
        type: z.enum(['strategic', 'merge', 'json']).optional(),
        subresource: text(63).optional(),
        patch: z.unknown(),
      })
      .optional(),
    label: target.extend({ set: changes }).optional(),
    annotate: target.extend({ set: changes }).optional(),
    scale: target.extend({ replicas: count(0, 1000) }).optional(),
    setImage: target.extend({ images: z.record(z.string(), z.string()) }).optional(),
    restart: target.optional(),
    undo: target.extend({ toRevision: count(1, 1_000_000).optional() }).optional(),
    certificate: z.strictObject({ name: text(253), decision: z.enum(['approve', 'deny']) }).optional(),
    get: selection.extend({ subresource: text(63).optional() }).optional(),
    request: z
      .strictObject({
        method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
        path: z.string().startsWith('/').max(2000),
        query: z.string().max(4000).optional(),
        headers: z.record(z.string().max(100), z.string().max(4000)).optional(),
        body: z.unknown().optional(),
      })
      .optional(),
    wait: z.strictObject({ seconds: seconds(DAY_SECONDS) }).optional(),
  })
  .refine((value) => VERBS.filter((verb) => value[verb] !== undefined).length === 1, {
    message: `needs exactly one of ${VERBS.join(', ')}`,
  });

const steps = z.array(step).max(100);

const hint = z.strictObject({
  text: localized(4000),
  cost: count(0, 1000).default(0).describe('Points that asking for it takes away.'),
});

const task = z.strictObject({
  id: named(dns1123Label),
  title: localized(200),
  text: localized(20_000)
    .optional()
    .describe('Markdown. In a bundle it may lie in tasks/<id>.en.md and .zh.md.'),
  checks: z.array(checkSchema).min(1).max(50),
  hints: z.array(hint).max(20).default([]),
});

const wrongAnswer = z.strictObject({
  id: named(dns1123Label),
  title: localized(200).optional(),
  steps,
  fails: z
    .union([z.array(text(63)).min(1), z.record(z.string(), z.string())])
    .describe(
      'Ids of the checks that fail; as a map, each with a part of the English evidence. All others pass.',
    ),
});

/** The format. Variables are filled in before this is looked at. */
export const templateSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: named(dns1123Label),
    version: z.string().regex(/^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/, 'must be like 1.0.0'),
    title: localized(200),
    description: localized(4000).optional(),
    tags: z.array(named(dns1123Label)).max(20).default([]),
    minutes: count(1, 600).optional().describe('How long a learner is expected to take.'),
    cluster,
    variables: z.record(variableName, variable).default({}),
    personas: z.array(persona).min(1).max(20),
    manifests: manifests
      .default([])
      .describe('Objects of the first state: a list, or YAML documents in a text.'),
    setup: steps.default([]).describe('What happened before the learner came.'),
    tasks: z.array(task).min(1).max(30),
    solution: z.strictObject({ text: localized(20_000).optional(), steps }),
    wrongAnswers: z.array(wrongAnswer).max(30).default([]),
    settleSeconds: count(0, 3600)
      .default(15)
      .describe('Cluster seconds between the last step and the grading when the template is tested.'),
  })
  .describe('A Kubicle exercise: a first state, tasks with checks, a solution and wrong answers.');

/** A template as it was read, with every default filled in. */
export type Template = z.infer<typeof templateSchema>;
export type TemplateCheck = z.infer<typeof checkSchema>;
export type TemplateStep = z.infer<typeof step>;
export type TemplatePersona = z.infer<typeof persona>;
export type TemplateVariable = z.infer<typeof variable>;
export type TemplateSubject = z.infer<typeof subjectFields>;
export { kubeNamespace };
