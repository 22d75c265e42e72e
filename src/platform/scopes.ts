/** What an API key may be limited to; a key without scopes may do everything its account may. */
export const SCOPES = ['clusters:read', 'clusters:write', 'account'] as const;

/** One permission of an API key. */
export type Scope = (typeof SCOPES)[number];

/** Whether credentials with these scopes may do what `needed` names. Writing includes reading. */
export const allows = (scopes: readonly string[], needed: Scope): boolean =>
  scopes.length === 0 ||
  scopes.includes(needed) ||
  (needed === 'clusters:read' && scopes.includes('clusters:write'));
