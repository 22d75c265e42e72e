import type { Lookup } from '../kinds/define.ts';
import type { Pod, Secret } from '../kinds/generated/types.ts';
import { type Instant, parseTime, printTime } from '../machinery/time.ts';
import { type Controller, keyOf, splitKey, watch } from './contract.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking';

const DAY_MS = 24 * 3_600_000;
/** `--legacy-service-account-token-clean-up-period`. */
const PERIOD_MS = 365 * DAY_MS;

/** Midnight at the start of a date; `undefined` for anything else. */
const dayOf = (date: string | undefined): Instant | undefined =>
  /^\d{4}-\d\d-\d\d$/.test(date ?? '') ? parseTime(`${date}T00:00:00Z`) : undefined;

/** Dates count whole: what happened on a day is a period old when that day and the period are over. */
const afterDay = (day: Instant): Instant => day + DAY_MS + PERIOD_MS;

/** The account whose token it is, if the account itself names the Secret: those made by hand are left alone. */
const isAutomatic = (lookup: Lookup, { metadata }: Secret): boolean => {
  const { namespace = '', name = '', annotations = {} } = metadata;
  const account = lookup.get('serviceaccounts', namespace, annotations[NAME] ?? '');
  const uid = annotations[UID];
  if (account === undefined || (uid && uid !== account.metadata.uid)) return false;
  return account.secrets?.some((reference) => reference.name === name) === true;
};

const secretsOf = ({ spec }: Pod): readonly (string | undefined)[] => {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return [
    ...(spec?.imagePullSecrets ?? []).map(({ name }) => name),
    ...containers.flatMap(({ env, envFrom }) => [
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
    ]),
    ...(spec?.volumes ?? []).flatMap(({ secret, projected }) => [
      secret?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ]),
  ];
};

/** Since when the token counts as unused; `undefined` when nobody can tell. */
const unusedFrom = (lookup: Lookup, { metadata }: Secret): Instant | undefined => {
  const tracked = dayOf(lookup.get('configmaps', 'kube-system', TRACKING)?.data?.['since']);
  const created = parseTime(metadata.creationTimestamp ?? '');
  const label = metadata.labels?.[LAST_USED];
  const used = label === undefined ? 0 : dayOf(label);
  if (tracked === undefined || created === undefined || used === undefined) return undefined;
  return Math.max(afterDay(tracked), created + PERIOD_MS, label === undefined ? 0 : afterDay(used));
};

/**
 * Marks tokens of token Secrets invalid that were not used for a year and that an account names, and deletes them after
 * another year (pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go). The key is the Secret.
 */
export const legacyTokenCleaner: Controller = {
  name: 'legacy-service-account-token-cleaner',
  watches: [
    watch('secrets', ({ op, object }) => (op !== 'delete' && object.type === TYPE ? [keyOf(object)] : [])),
    watch('serviceaccounts', ({ op, object }) =>
      op === 'delete'
        ? []
        : (object.secrets ?? []).map(({ name = '' }) => `${object.metadata.namespace ?? ''}/${name}`),
    ),
  ],
  reconcile: ({ lookup, client, now }, key) => {
    const { namespace, name } = splitKey(key);
    const secret = lookup.get('secrets', namespace, name);
    if (secret?.type !== TYPE || secret.metadata.deletionTimestamp !== undefined) return undefined;
    const from = isAutomatic(lookup, secret) ? unusedFrom(lookup, secret) : undefined;
    if (from === undefined) return undefined;
    if (from > now) return { at: from };
    if (lookup.list('pods', namespace).some((pod) => secretsOf(pod).includes(name)))
      return { at: now + DAY_MS };
    const invalid = dayOf(secret.metadata.labels?.[INVALID_SINCE]);
    if (invalid === undefined) {
      client.update('secrets', namespace, name, (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          labels: { ...current.metadata.labels, [INVALID_SINCE]: printTime(now).slice(0, 10) },
        },
      }));
      return undefined;
    }
    if (afterDay(invalid) > now) return { at: afterDay(invalid) };
    client.delete('secrets', namespace, name, { resourceVersion: secret.metadata.resourceVersion ?? '' });
    return undefined;
  },
};
