/**
 * Flow control objects that every cluster has and nobody may change (upstream: apiserver flowcontrol/bootstrap, 1.36).
 */

const group = (name: string) => ({ kind: 'Group', group: { name } });

const EVERYTHING = {
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

/** Specs of the mandatory flow schemas, by name. */
export const mandatoryFlowSchemas: Readonly<Record<string, unknown>> = {
  exempt: {
    priorityLevelConfiguration: { name: 'exempt' },
    matchingPrecedence: 1,
    rules: [{ subjects: [group('system:masters')], ...EVERYTHING }],
  },
  'catch-all': {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [group('system:unauthenticated'), group('system:authenticated')], ...EVERYTHING }],
  },
};

/** Specs of the mandatory priority levels, by name; the shares of the exempt one may change. */
export const mandatoryPriorityLevels: Readonly<Record<string, unknown>> = {
  exempt: { type: 'Exempt' },
  'catch-all': {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
  },
};
