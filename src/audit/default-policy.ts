import type { Policy } from './policy.ts';

/** What is asked all the time and says nothing about anybody: health, versions, discovery, schemas. */
const CHATTER = ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi/*', '/api*'];

/**
 * What a cluster records unless it is told otherwise: every request with who, what, when and how it ended, without
 * bodies. The second rule says what the third says anyway: whoever raises the third keeps secrets out of the log.
 */
export const defaultPolicy: Policy = {
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    { level: 'None', nonResourceURLs: CHATTER },
    {
      level: 'Metadata',
      resources: [
        {
          group: '',
          resources: ['secrets', 'secrets/*', 'configmaps', 'configmaps/*', 'serviceaccounts/token'],
        },
        { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
      ],
    },
    { level: 'Metadata' },
  ],
};
