import { z } from 'zod';
import { opaqueId, timeText } from './control/schemas.ts';
import { personaShape, taskView } from './template-schemas.ts';

/** What the control API says about environments. */

const TTL_MAXIMUM = 365 * 24 * 3600;

/** A lifetime in seconds. */
export const lifetime = z.int().min(1).max(TTL_MAXIMUM);

const scoreShape = {
  score: z.number(),
  max: z.number(),
  passed: z.boolean().meta({ description: 'Every check passed' }),
} as const;

/** An environment in lists. */
export const environmentLine = z
  .object({
    id: opaqueId,
    clusterId: opaqueId,
    template: z.string(),
    version: z.string(),
    seed: z.string(),
    learnerRef: z.string().nullable(),
    learnerAccountId: z.string().nullable(),
    organisationId: z.string().nullable(),
    status: z.enum(['Creating', 'Ready', 'Expired', 'Deleting']),
    paused: z.boolean(),
    resets: z.number(),
    grade: z
      .object({ ...scoreShape, gradedAt: timeText })
      .nullable()
      .meta({ description: 'The last one' }),
    createdAt: timeText,
    expiresAt: timeText.nullable(),
  })
  .meta({ id: 'EnvironmentLine' });

/** An environment in full. */
export const environmentView = z
  .object({
    ...environmentLine.shape,
    title: z.string(),
    server: z.url(),
    personas: z.array(
      z.object({
        ...personaShape,
        kubeconfigUrl: z.url().meta({ description: 'GET it with the same credentials' }),
      }),
    ),
    tasks: z.array(taskView),
  })
  .meta({ id: 'Environment' });

/** A grade. */
export const gradeSchema = z
  .object({
    ...scoreShape,
    hintCost: z.number().meta({ description: 'Points that hints took away' }),
    revision: z.string().meta({ description: 'Resource version that was judged' }),
    clusterTime: timeText,
    checks: z.array(
      z.object({
        id: z.string(),
        task: z.string(),
        title: z.string(),
        passed: z.boolean(),
        status: z
          .enum(['passed', 'failed', 'error'])
          .meta({ description: '`error`: it could not be judged, which is nobody’s failure' }),
        points: z.number().meta({ description: 'What it is worth' }),
        earned: z.number(),
        evidence: z.string().meta({ description: 'What was found' }),
        hint: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Grade' });

/** A hint. */
export const hintSchema = z
  .object({
    task: z.string(),
    number: z.number(),
    left: z.number(),
    text: z.string().meta({ description: 'Markdown' }),
    cost: z.number(),
  })
  .meta({ id: 'Hint' });

/** An attempt: what was changed, what was asked, what it is worth. */
export const attemptSchema = z
  .object({
    environment: environmentLine,
    beganAt: timeText.meta({ description: 'Cluster time' }),
    grade: gradeSchema,
    changes: z.array(
      z.object({
        change: z.enum(['created', 'updated', 'deleted']),
        apiVersion: z.string(),
        kind: z.string(),
        namespace: z.string().optional(),
        name: z.string(),
        manifest: z.looseObject({}).optional(),
      }),
    ),
    audit: z.array(z.looseObject({})).meta({ description: 'audit.k8s.io/v1 events, oldest first' }),
    auditTruncated: z.boolean(),
  })
  .meta({ id: 'Attempt' });
