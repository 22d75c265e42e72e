/** Rules of storage classes (upstream: pkg/apis/storage/validation, 1.36). */

import { duplicate, type FieldError, notSupported, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkImmutable, checkQualifiedName, type Errors } from '../common/checks.ts';
import { duplicateTexts } from '../common/field-rules.ts';
import type {
  StorageClass,
  TopologySelectorLabelRequirement,
  TopologySelectorTerm,
} from '../generated/types.ts';
import { checkParameters, checkProvisioner } from './parameters-validation.ts';

const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

const checkRequirement = (
  errors: Errors,
  field: string,
  requirement: TopologySelectorLabelRequirement,
): void => {
  const values = requirement.values ?? [];
  if (values.length === 0) errors.push(required(`${field}.values`));
  errors.push(...duplicateTexts(values, `${field}.values`));
  checkQualifiedName(errors, `${field}.key`, requirement.key ?? '');
};

const checkTerm = (errors: Errors, field: string, term: TopologySelectorTerm): void => {
  const keys = new Set<string>();
  checkEach(errors, `${field}.matchLabelExpressions`, term.matchLabelExpressions, (found, path, item) => {
    checkRequirement(found, path, item);
    const key = item.key ?? '';
    if (keys.has(key)) found.push(duplicate(`${path}.key`, key));
    keys.add(key);
  });
};

/** A term as what it selects, so that two that select the same have one text. */
const meaning = (term: TopologySelectorTerm): string => {
  const byKey = new Map(
    (term.matchLabelExpressions ?? []).map(({ key, values }) => [key, [...new Set(values ?? [])].sort()]),
  );
  return JSON.stringify([...byKey].sort(([left], [right]) => (left < right ? -1 : 1)));
};

const NOTHING = '[]';

/**
 * Each term is compared with those before it. Upstream's list of them starts with as many empty ones as there are
 * terms, so an empty term is told once for each of these too.
 */
const checkTopologies = (errors: Errors, terms: readonly TopologySelectorTerm[]): void => {
  const seen: string[] = terms.map(() => NOTHING);
  checkEach(errors, 'allowedTopologies', terms, (found, field, term) => {
    checkTerm(found, field, term);
    const own = meaning(term);
    for (const other of seen) {
      if (other === own) found.push(duplicate(`${field}.matchLabelExpressions`, ''));
    }
    seen.push(own);
  });
};

/** Errors of a new storage class. */
export const validateStorageClass = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } =
    object as StorageClass;
  checkProvisioner(errors, 'provisioner', provisioner);
  checkParameters(errors, 'parameters', parameters);
  if (reclaimPolicy && !RECLAIM_POLICIES.includes(reclaimPolicy)) {
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES));
  }
  if (volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (!BINDING_MODES.includes(volumeBindingMode)) {
    errors.push(notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES));
  }
  checkTopologies(errors, allowedTopologies ?? []);
  return errors;
};

/** Errors of a changed storage class: what volumes were made by stays. */
export const validateStorageClassUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const errors = validateStorageClass(object);
  const next = object as StorageClass;
  const old = before as StorageClass;
  checkImmutable(errors, 'parameters', next.parameters, old.parameters);
  checkImmutable(errors, 'provisioner', next.provisioner ?? '', old.provisioner ?? '');
  checkImmutable(errors, 'reclaimPolicy', next.reclaimPolicy, old.reclaimPolicy);
  checkImmutable(errors, 'volumeBindingMode', next.volumeBindingMode, old.volumeBindingMode);
  return errors;
};
