/** Names of CSI drivers (upstream: ValidateCSIDriverName, pkg/apis/core/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { tooLong } from '../../machinery/field-error.ts';
import { dns1123Subdomain } from '../../machinery/name-rules.ts';
import { checkPresent, checkRule, type Errors } from '../common/checks.ts';

const MAX_BYTES = 63;

/** A driver's name: a DNS subdomain of at most 63 bytes in which letters may be upper case. */
export const checkCsiDriverName = (errors: Errors, field: string, name: string | undefined): void => {
  if (!checkPresent(errors, field, name)) return;
  if (utf8Length(name) > MAX_BYTES) errors.push(tooLong(field, MAX_BYTES));
  checkRule(errors, field, name, dns1123Subdomain(name.toLowerCase()));
};
