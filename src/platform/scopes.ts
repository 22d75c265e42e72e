/** What an API key may be limited to, with what each allows; a key without scopes may do everything its account may. */
export const SCOPE_MEANINGS = {
  'clusters:read': 'Read clusters, and their Kubernetes APIs.',
  'clusters:write': 'Make, change and delete clusters, and write to their Kubernetes APIs. Includes reading.',
  'templates:read': 'Read templates.',
  'templates:write': 'Publish templates. Includes reading.',
  'environments:read': 'Read environments and their grades.',
  'environments:write': 'Make, reset, grade and delete environments. Includes reading.',
  'organisations:read': 'Read organisations and their members.',
  'organisations:write': 'Change organisations and their members. Includes reading.',
  'webhooks:read': 'Read webhooks and their deliveries.',
  'webhooks:write': 'Register, change and remove webhooks. Includes reading.',
  account: 'The account itself: API keys, sessions, password, deletion.',
} as const;

/** One permission of an API key. */
export type Scope = keyof typeof SCOPE_MEANINGS;

/** All scopes. */
export const SCOPES = Object.keys(SCOPE_MEANINGS) as [Scope, ...Scope[]];

const holds = (scopes: readonly string[], needed: string): boolean =>
  scopes.includes(needed) || (needed.endsWith(':read') && scopes.includes(needed.replace(/read$/, 'write')));

/** Whether credentials with these scopes may do what `needed` names. Writing includes reading. */
export const allows = (scopes: readonly string[], needed: Scope): boolean =>
  scopes.length === 0 || holds(scopes, needed);

/** Whether credentials with `held` may hand out `wanted`: nobody gives more than they have. */
export const mayGrant = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.length === 0 || (wanted.length > 0 && wanted.every((scope) => holds(held, scope)));
