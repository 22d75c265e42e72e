/** Rules of priority levels (upstream: pkg/apis/flowcontrol/validation, 1.36). */

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { inclusiveRange } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkPresent, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../generated/types.ts';
import { mandatoryPriorityLevels } from './mandatory.ts';

const TYPES = ['Exempt', 'Limited'];
const RESPONSES = ['Queue', 'Reject'];
const MAX_QUEUES = 10_000_000;
const MAX_HASH_BITS = 60;
const POSITIVE = 'must be positive';

/** How many random bits it takes to deal that many queues. */
const entropyBits = (queues: number, hand: number): number => Math.ceil(Math.log2(queues) * hand);

const checkHand = (errors: Errors, field: string, hand: number, queues: number): void => {
  if (hand <= 0) errors.push(invalidValue(field, hand, POSITIVE));
  else if (hand > queues) {
    errors.push(invalidValue(field, hand, `should not be greater than queues (${queues})`));
  } else if (entropyBits(queues, hand) > MAX_HASH_BITS) {
    const detail = `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${MAX_HASH_BITS}`;
    errors.push(invalidValue(field, hand, detail));
  }
};

const checkQueuing = (errors: Errors, path: string, queuing: QueuingConfiguration): void => {
  const { queueLengthLimit: limit = 0, queues = 0, handSize = 0 } = queuing;
  if (limit <= 0) errors.push(invalidValue(`${path}.queueLengthLimit`, limit, POSITIVE));
  if (queues <= 0) errors.push(invalidValue(`${path}.queues`, queues, POSITIVE));
  else if (queues > MAX_QUEUES) {
    errors.push(invalidValue(`${path}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  }
  checkHand(errors, `${path}.handSize`, handSize, queues);
};

const checkResponse = (errors: Errors, path: string, response: LimitResponse | undefined): void => {
  const { type = '', queuing } = response ?? {};
  const field = `${path}.queuing`;
  if (type === 'Reject') {
    if (queuing)
      errors.push(forbiddenField(field, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (type === 'Queue') {
    if (queuing) checkQueuing(errors, field, queuing);
    else errors.push(required(field, 'must not be empty if limited.limitResponse.type is Limited'));
  } else if (checkPresent(errors, `${path}.type`, type)) {
    errors.push(notSupported(`${path}.type`, type, RESPONSES));
  }
};

const checkShares = (errors: Errors, field: string, value: number | null | undefined): void => {
  if ((value ?? 0) < 0) errors.push(invalidValue(field, value, 'must be a non-negative integer'));
};

const checkLendable = (errors: Errors, field: string, value: number | null | undefined): void => {
  if (typeof value !== 'number' || (value >= 0 && value <= 100)) return;
  errors.push(invalidValue(field, value, inclusiveRange(0, 100)));
};

const checkLimited = (errors: Errors, path: string, limited: LimitedPriorityLevelConfiguration): void => {
  checkShares(errors, `${path}.nominalConcurrencyShares`, limited.nominalConcurrencyShares);
  checkResponse(errors, `${path}.limitResponse`, limited.limitResponse);
  checkLendable(errors, `${path}.lendablePercent`, limited.lendablePercent);
  const borrowing = limited.borrowingLimitPercent ?? 0;
  if (borrowing >= 0) return;
  const detail = 'if specified, must be a non-negative integer';
  errors.push(invalidValue(`${path}.borrowingLimitPercent`, borrowing, detail));
};

const checkExempt = (errors: Errors, path: string, exempt: ExemptPriorityLevelConfiguration): void => {
  checkShares(errors, `${path}.nominalConcurrencyShares`, exempt.nominalConcurrencyShares);
  checkLendable(errors, `${path}.lendablePercent`, exempt.lendablePercent);
};

const checkSpec = (errors: Errors, spec: Partial<PriorityLevelConfigurationSpec>, name: string): void => {
  const { type = '', limited, exempt } = spec;
  if ((name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalidValue('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (type === 'Exempt') {
    if (limited) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt) checkExempt(errors, 'spec.exempt', exempt);
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
    if (limited) checkLimited(errors, 'spec.limited', limited);
    else errors.push(required('spec.limited', 'must not be empty when type is Limited'));
  } else if (checkPresent(errors, 'spec.type', type)) errors.push(notSupported('spec.type', type, TYPES));
};

/** Errors of a changed status, also part of the rules of the whole. */
export const validatePriorityLevelStatus = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  const { status } = object as PriorityLevelConfiguration;
  checkEach(errors, 'status.conditions', status?.conditions, (found, path, { type = '' }) => {
    if (types.has(type)) found.push(duplicate(`${path}.type`, type));
    types.add(type);
    checkPresent(found, `${path}.type`, type, 'must not be empty');
  });
  return errors;
};

/** Errors of a priority level, new or changed. */
export const validatePriorityLevel = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { name = '' } = object.metadata;
  const spec: Partial<PriorityLevelConfigurationSpec> = (object as PriorityLevelConfiguration).spec ?? {};
  checkSpec(errors, spec, name);
  const fixed = Object.hasOwn(mandatoryPriorityLevels, name) ? mandatoryPriorityLevels[name] : undefined;
  const { exempt: _shares, ...rest } = spec;
  if (fixed !== undefined && !sameValue(fixed, name === 'exempt' ? rest : spec)) {
    const except = name === 'exempt' ? " except the 'spec.exempt' field" : '';
    const value = internalForm('PriorityLevelConfigurationSpec', spec);
    errors.push(invalidValue('spec', value, `spec of '${name}'${except} must equal the fixed value`));
  }
  return [...errors, ...validatePriorityLevelStatus(object)];
};
