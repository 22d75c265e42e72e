import type { Lookup } from '../kinds/define.ts';

/** What users may set up that changes objects on their way in: while there is none of it, only built-in rules do. */
const MUTATORS = [
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
] as const;

/** True when something that users set up may change any object. */
export const hasMutators = (lookup: Lookup): boolean =>
  MUTATORS.some((resource) => lookup.list(resource).length > 0);
