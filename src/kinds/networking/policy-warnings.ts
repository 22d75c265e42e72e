import type { KubeObject } from '../../machinery/object.ts';
import { prefixWarnings } from '../common/address-warnings.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../generated/types.ts';

const peerWarnings = (peers: readonly NetworkPolicyPeer[] | undefined, path: string): string[] =>
  (peers ?? []).flatMap(({ ipBlock }, index) => {
    if (!ipBlock) return [];
    const at = `${path}[${index}].ipBlock`;
    const excepted = (ipBlock.except ?? []).flatMap((prefix, place) =>
      prefixWarnings(`${at}.except[${place}]`, prefix),
    );
    return [...prefixWarnings(`${at}.cidr`, ipBlock.cidr), ...excepted];
  });

/** Warnings about prefixes in a policy's rules (upstream: networkpolicy strategy.go, 1.36). */
export const networkPolicyWarnings = (object: KubeObject): string[] => {
  const { spec } = object as NetworkPolicy;
  return [
    ...(spec?.ingress ?? []).flatMap((rule, index) => peerWarnings(rule.from, `spec.ingress[${index}].from`)),
    ...(spec?.egress ?? []).flatMap((rule, index) => peerWarnings(rule.to, `spec.egress[${index}].to`)),
  ];
};
