import { describe, expect, it } from 'vitest';
import { CLUSTER_ACTIONS, ORGANISATION_ACTIONS, RELATION_OF_ROLE, ROLES } from './access.ts';
import { allows, mayGrant, SCOPES } from './scopes.ts';

describe('scopes', () => {
  it.each([
    [[], 'account', true],
    [['clusters:read'], 'clusters:read', true],
    [['clusters:write'], 'clusters:read', true],
    [['clusters:read'], 'clusters:write', false],
    [['clusters:write'], 'templates:read', false],
    [['nonsense'], 'account', false],
  ] as const)('%j allows %s: %s', (held, needed, allowed) => expect(allows(held, needed)).toBe(allowed));

  it.each([
    [[], [], true],
    [[], ['account'], true],
    [['account'], [], false],
    [['account'], ['account'], true],
    [['clusters:write'], ['clusters:read'], true],
    [['clusters:read'], ['clusters:write'], false],
    [['account', 'clusters:read'], ['clusters:read', 'templates:read'], false],
  ] as const)('%j may grant %j: %s', (held, wanted, may) => expect(mayGrant(held, wanted)).toBe(may));

  it('to write includes to read, for everything that can be written', () => {
    for (const scope of SCOPES) {
      if (scope.endsWith(':write')) expect(SCOPES).toContain(scope.replace('write', 'read'));
    }
  });
});

describe('powers', () => {
  it('of a role include those of the roles below it', () => {
    for (const [index, role] of ROLES.entries()) {
      const below = ROLES[index + 1];
      const powers: readonly string[] = ORGANISATION_ACTIONS[role];
      if (below !== undefined)
        expect(powers).toEqual(expect.arrayContaining([...ORGANISATION_ACTIONS[below]]));
    }
  });

  it('on a cluster are none without seeing it, and none for strangers and learners', () => {
    for (const actions of Object.values(CLUSTER_ACTIONS)) {
      if (actions.length > 0) expect(actions).toContain('see');
    }
    expect([CLUSTER_ACTIONS.stranger, CLUSTER_ACTIONS[RELATION_OF_ROLE.learner]]).toEqual([[], []]);
  });
});
