import { z } from 'zod';
import { ROLES } from '../../platform/access.ts';
import { readCursor } from '../../platform/page.ts';
import { SCOPES } from '../../platform/scopes.ts';

/** Schemas of what the control API answers, and of what several routes take. */

/** An instant on the wire. */
export const timeText = z.iso.datetime({ offset: true }).meta({ description: 'RFC 3339 time' });

/** An identifier; nothing may be read out of it. */
export const opaqueId = z.string().min(1).meta({ description: 'Opaque identifier' });

/** The query of every list. Spread it into the query of one that filters. */
export const pageShape = {
  limit: z.coerce.number().int().min(1).max(500).default(50).meta({ description: 'How many items at most' }),
  cursor: z
    .string()
    .max(256)
    .optional()
    .transform((text, context) => {
      if (text === undefined || text === '') return undefined;
      const after = readCursor(text);
      if (after !== undefined) return after;
      context.addIssue({ code: 'custom', message: 'is not one that a list returned' });
      return z.NEVER;
    })
    .meta({ description: '`nextCursor` of the page before' }),
} as const;

/** The query of a list that does not filter. */
export const pageQuery = z.object(pageShape);

/** A page of a list. `id` names the schema in the document, e.g. `ClusterList`. */
export const pageOf = (item: z.ZodType, id: string): z.ZodType =>
  z
    .object({
      items: z.array(item),
      nextCursor: z.string().optional().meta({ description: 'Present when there is more' }),
    })
    .meta({ id });

const scope = z.enum(SCOPES);

/** An account when it is made. */
export const newAccount = z.object({ id: opaqueId, email: z.string() }).meta({ id: 'NewAccount' });

/** A fresh session. */
export const sessionToken = z
  .object({ id: opaqueId, token: z.string().meta({ description: 'Shown this once' }), expiresAt: timeText })
  .meta({ id: 'SessionToken' });

/** A session in lists. */
export const sessionView = z
  .object({
    id: opaqueId,
    current: z.boolean().meta({ description: 'Whether it is the one that asks' }),
    createdAt: timeText,
    expiresAt: timeText,
    lastUsedAt: timeText.nullable(),
  })
  .meta({ id: 'Session' });

/** An API key in lists. */
export const apiKeyView = z
  .object({
    id: opaqueId,
    name: z.string(),
    prefix: z.string().nullable().meta({ description: 'Its first characters, to recognise it by' }),
    scopes: z.array(scope).meta({ description: 'Empty: everything the account may' }),
    createdAt: timeText,
    expiresAt: timeText.nullable(),
    lastUsedAt: timeText.nullable().meta({ description: 'To the minute' }),
  })
  .meta({ id: 'ApiKey' });

/** An API key when it is made. */
export const newApiKey = z
  .object({ ...apiKeyView.shape, key: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewApiKey' });

/** What somebody is in an organisation. */
export const role = z.enum(ROLES);

/** An organisation as a member sees it. */
export const organisationView = z
  .object({
    id: opaqueId,
    name: z.string(),
    role: role.meta({ description: "The caller's own" }),
    createdAt: timeText,
  })
  .meta({ id: 'Organisation' });

/** Somebody who belongs to an organisation. */
export const memberView = z
  .object({ accountId: opaqueId, email: z.string(), role, createdAt: timeText })
  .meta({ id: 'Member' });

/** An open invitation. */
export const invitationView = z
  .object({
    id: opaqueId,
    email: z.string().nullable().meta({ description: 'null: for whoever has the token' }),
    role,
    usesLeft: z.number().int(),
    createdAt: timeText,
    expiresAt: timeText,
  })
  .meta({ id: 'Invitation' });

/** An invitation when it is made. */
export const newInvitation = z
  .object({ ...invitationView.shape, token: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewInvitation' });

/** Who is asking. */
export const meView = z
  .object({
    account: z.object({ id: opaqueId, email: z.string(), createdAt: timeText }),
    credential: z.object({
      kind: z.enum(['apiKey', 'session']),
      id: opaqueId,
      scopes: z.array(scope).meta({ description: 'Empty: everything the account may' }),
    }),
    organisations: z.array(organisationView).meta({ description: 'The first hundred' }),
  })
  .meta({ id: 'Me' });

/** Somebody a cluster is shared with. */
export const shareView = z
  .object({
    id: opaqueId,
    email: z.string(),
    role: z.enum(['admin', 'user']),
    groups: z.array(z.string()),
    createdAt: timeText,
  })
  .meta({ id: 'Share' });

/** A cluster of the directory. */
export const clusterView = z
  .object({
    id: opaqueId,
    name: z.string(),
    server: z.url().meta({ description: '`server:` of its kubeconfigs' }),
    phase: z.enum(['Creating', 'Running', 'Deleting']),
    organisationId: opaqueId
      .optional()
      .meta({ description: "Whose it is, when it is not the account's own" }),
    createdAt: timeText,
    expiresAt: timeText.nullable(),
  })
  .meta({ id: 'Cluster' });

/** A cluster's clock. */
export const clockView = z
  .object({
    now: timeText.meta({ description: "The cluster's own time" }),
    paused: z.boolean(),
    rate: z.number().meta({ description: 'Cluster seconds a second' }),
  })
  .meta({ id: 'Clock' });

/** Where a clock was moved to. */
export const movedClock = z.object({ now: timeText }).meta({ id: 'MovedClock' });
