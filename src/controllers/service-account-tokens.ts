import type { Lookup } from '../kinds/define.ts';
import type { Secret, ServiceAccount } from '../kinds/generated/types.ts';
import { base64OfBytes } from '../machinery/base64.ts';
import { type Context, type Controller, keyOf, splitKey, watch } from './contract.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';

const isToken = (secret: Secret | undefined): boolean => secret?.type === TYPE;

/** The account a token Secret names: by name, and by uid where it tells one. */
const accountOf = (lookup: Lookup, secret: Secret): ServiceAccount | undefined => {
  const { namespace = '', annotations = {} } = secret.metadata;
  const name = annotations[NAME];
  const account = name ? lookup.get('serviceaccounts', namespace, name) : undefined;
  return annotations[UID] && annotations[UID] !== account?.metadata.uid ? undefined : account;
};

const encode = (text: string): string => base64OfBytes(new TextEncoder().encode(text));

const isFilled = ({ data = {}, metadata }: Secret, authority: string): boolean =>
  Boolean(data['token']) &&
  data['namespace'] === encode(metadata.namespace ?? '') &&
  (authority === '' || data['ca.crt'] === encode(authority));

const fill = ({ client, issuer }: Context, secret: Secret, account: ServiceAccount): void => {
  const { namespace = '', name = '' } = secret.metadata;
  client.update('secrets', namespace, name, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      annotations: {
        ...current.metadata.annotations,
        [NAME]: account.metadata.name ?? '',
        [UID]: account.metadata.uid ?? '',
      },
    },
    data: {
      ...current.data,
      ...(issuer.serverCertificate === '' ? {} : { 'ca.crt': encode(issuer.serverCertificate) }),
      namespace: encode(namespace),
      token: current.data?.['token'] || encode(issuer.secretToken(account, current)),
    },
  }));
};

/** An account that no longer names a token that is gone. */
const forgetReference = ({ client, lookup }: Context, namespace: string, name: string): void => {
  for (const account of lookup.list('serviceaccounts', namespace)) {
    if (!account.secrets?.some((reference) => reference.name === name)) continue;
    client.update('serviceaccounts', namespace, account.metadata.name ?? '', (current) => ({
      ...current,
      secrets: (current.secrets ?? []).filter((reference) => reference.name !== name),
    }));
  }
};

/**
 * Fills Secrets of type `kubernetes.io/service-account-token` and removes those whose account is gone
 * (pkg/controller/serviceaccount/tokens_controller.go). The key is the Secret.
 */
export const serviceAccountTokens: Controller = {
  name: 'tokens-controller',
  watches: [
    watch('secrets', ({ object, previous }) => (isToken(object) || isToken(previous) ? [keyOf(object)] : [])),
    watch('serviceaccounts', ({ op, object }, lookup) =>
      op === 'update'
        ? []
        : lookup
            .list('secrets', object.metadata.namespace ?? '')
            .filter(
              (secret) => isToken(secret) && secret.metadata.annotations?.[NAME] === object.metadata.name,
            )
            .map(keyOf),
    ),
  ],
  reconcile: (context, key) => {
    const { lookup, client, issuer } = context;
    const { namespace, name } = splitKey(key);
    const secret = lookup.get('secrets', namespace, name);
    if (secret === undefined) {
      forgetReference(context, namespace, name);
      return undefined;
    }
    if (!isToken(secret)) return undefined;
    const account = accountOf(lookup, secret);
    if (account === undefined) {
      client.delete('secrets', namespace, name, { uid: secret.metadata.uid ?? '' });
      return undefined;
    }
    if (!isFilled(secret, issuer.serverCertificate)) fill(context, secret, account);
    return undefined;
  },
};
