/** Rules of names of certificate signers (pkg/apis/core/validation ValidateSignerName, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { invalidValue, required, tooLong } from '../../machinery/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../machinery/name-rules.ts';
import { checkRule, type Errors } from './checks.ts';

/** 253 for the domain, a slash, and as much again for resource and namespace, as upstream counts. */
const MAX_SIGNER_BYTES = 571;

/** A signer's name: `<domain>/<path>`. */
export const checkSignerName = (errors: Errors, path: string, name: string): void => {
  if (name === '') {
    errors.push(required(path));
    return;
  }
  const segments = name.split('/');
  if (segments.length !== 2) {
    errors.push(
      invalidValue(
        path,
        name,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    );
    return;
  }
  const [domain = '', rest = ''] = segments;
  // Upstream shows the part that is wrong, not the whole.
  checkRule(errors, path, domain, dns1123Subdomain(domain));
  if (domain.split('.').length < 2) {
    errors.push(
      invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'),
    );
  }
  for (const label of rest.split('.')) checkRule(errors, path, label, dns1123Label(label));
  if (utf8Length(name) > MAX_SIGNER_BYTES) errors.push(tooLong(path, MAX_SIGNER_BYTES));
};
