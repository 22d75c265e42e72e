/** Defaults of webhooks and policies (upstream: pkg/apis/admissionregistration/v1/defaults.go, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import { child, ensure, items, setAbsent, setAbsents } from '../common/draft.ts';

const defaultRules = (holder: Draft, field: string): void => {
  for (const rule of items(holder, field)) setAbsent(rule, 'scope', '*');
};

/** The webhooks of a configuration; `mutating` ones may be invoked again. */
export const defaultWebhooks = (draft: Draft, mutating: boolean): void => {
  for (const hook of items(draft, 'webhooks')) {
    setAbsents(hook, { failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 });
    ensure(hook, 'namespaceSelector');
    ensure(hook, 'objectSelector');
    if (mutating) setAbsent(hook, 'reinvocationPolicy', 'Never');
    defaultRules(hook, 'rules');
    const service = child(child(hook, 'clientConfig'), 'service');
    if (service) setAbsent(service, 'port', 443);
  }
};

/** The resources a policy or a binding is about; absent stays absent. */
export const defaultMatch = (match: Draft | undefined): void => {
  if (!match) return;
  setAbsent(match, 'matchPolicy', 'Equivalent');
  ensure(match, 'namespaceSelector');
  ensure(match, 'objectSelector');
  defaultRules(match, 'resourceRules');
  defaultRules(match, 'excludeResourceRules');
};

/** A policy: failures refuse the request. */
export const defaultPolicy = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setAbsent(spec, 'failurePolicy', 'Fail');
  defaultMatch(child(spec, 'matchConstraints'));
};

/** A binding of a policy. */
export const defaultPolicyBinding = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  defaultMatch(child(spec, 'matchResources'));
};
