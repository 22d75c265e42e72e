import type { Draft } from '../../machinery/object.ts';
import { canonicalResource, parseQuantity } from '../../machinery/quantity.ts';
import { child } from './draft.ts';

/**
 * Brings the quantities of resource lists to their stored form: rounded up to thousandths, canonical text
 * (upstream: SetDefaults_ResourceList, pkg/apis/core/v1/defaults.go, 1.36). Unreadable ones are left for validation.
 */
export const roundLists = (holder: Draft | undefined, ...fields: readonly string[]): void => {
  for (const field of fields) {
    const list = child(holder, field);
    if (!list) continue;
    for (const [resource, value] of Object.entries(list)) {
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      const quantity = parseQuantity(String(value));
      if (quantity.ok) list[resource] = canonicalResource(quantity.value);
    }
  }
};
