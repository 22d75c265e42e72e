/** Rules of certificate signing requests (upstream: pkg/apis/certificates/validation, 1.36). */

import { bytesOfBase64 } from '../../machinery/base64.ts';
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { internalForm } from '../common/internal-form.ts';
import { jsonDiff } from '../common/line-diff.ts';
import { checkSignerName } from '../common/signer-name-validation.ts';
import type { StrategyContext } from '../define.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../generated/types.ts';
import { certificateComplaint, requestComplaint } from './pem-blocks.ts';

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const LEAST_SECONDS = 600;
const DECISIONS = ['Approved', 'Denied'];
const LASTING = [...DECISIONS, 'Failed'];
const STATUSES = ['False', 'True', 'Unknown'];

/** What an update may keep because the stored object has it already. */
interface Leniency {
  readonly unknownUsages: boolean;
  readonly repeatedUsages: boolean;
  readonly legacySigner: boolean;
  readonly bothDecisions: boolean;
  readonly emptyTypes: boolean;
  readonly repeatedTypes: boolean;
  readonly anyCertificate: boolean;
}

const STRICT: Leniency = {
  unknownUsages: false,
  repeatedUsages: false,
  legacySigner: false,
  bothDecisions: false,
  emptyTypes: false,
  repeatedTypes: false,
  anyCertificate: false,
};

const bytesOf = (text: string | undefined): string => new TextDecoder().decode(bytesOfBase64(text ?? ''));

const repeats = (list: readonly string[]): boolean => new Set(list).size < list.length;

const conditionsOf = ({ status }: CertificateSigningRequest): readonly CertificateSigningRequestCondition[] =>
  status?.conditions ?? [];

const leniencyOf = (next: CertificateSigningRequest, old: CertificateSigningRequest): Leniency => {
  const usages = old.spec?.usages ?? [];
  const types = conditionsOf(old).map(({ type }) => type ?? '');
  const certificate = old.status?.certificate;
  return {
    unknownUsages: usages.some((usage) => !USAGES.includes(usage)),
    repeatedUsages: repeats(usages),
    legacySigner: old.spec?.signerName === LEGACY_SIGNER,
    bothDecisions: DECISIONS.every((type) => types.includes(type)),
    emptyTypes: types.includes(''),
    repeatedTypes: repeats(types),
    anyCertificate:
      next.status?.certificate === certificate || certificateComplaint(bytesOf(certificate)) !== undefined,
  };
};

const checkUsages = (errors: Errors, usages: readonly string[], leniency: Leniency): void => {
  const field = 'spec.usages';
  if (usages.length === 0) errors.push(required(field));
  usages.forEach((usage, index) => {
    if (leniency.unknownUsages || USAGES.includes(usage)) return;
    errors.push(notSupported(`${field}[${index}]`, usage, USAGES));
  });
  const seen = new Set<string>();
  usages.forEach((usage, index) => {
    if (!leniency.repeatedUsages && seen.has(usage)) errors.push(duplicate(`${field}[${index}]`, usage));
    seen.add(usage);
  });
};

const checkSigner = (errors: Errors, name: string, leniency: Leniency): void => {
  const field = 'spec.signerName';
  if (name === LEGACY_SIGNER && !leniency.legacySigner) {
    errors.push(invalidValue(field, name, 'the legacy signerName is not allowed via this API version'));
  } else checkSignerName(errors, field, name);
};

const checkConditions = (errors: Errors, csr: CertificateSigningRequest, leniency: Leniency): void => {
  const seen = new Set<string>();
  const field = 'status.conditions';
  checkEach(errors, field, conditionsOf(csr), (found, path, { type = '', status = '' }) => {
    if (type === '' && !leniency.emptyTypes) found.push(required(`${path}.type`));
    const allowed = LASTING.includes(type) ? ['True'] : STATUSES;
    if (status === '') found.push(required(`${path}.status`));
    else if (!allowed.includes(status)) found.push(notSupported(`${path}.status`, status, allowed));
    const other = DECISIONS.find((decision) => decision !== type && seen.has(decision));
    if (!leniency.bothDecisions && DECISIONS.includes(type) && other !== undefined) {
      found.push(invalidValue(field, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (!leniency.repeatedTypes && seen.has(type)) found.push(duplicate(`${path}.type`, type));
    seen.add(type);
  });
};

const check = (csr: CertificateSigningRequest, leniency: Leniency): FieldError[] => {
  const errors: FieldError[] = [];
  const { request, usages, signerName = '', expirationSeconds: seconds } = csr.spec ?? {};
  const complaint = requestComplaint(bytesOf(request ?? undefined));
  if (complaint !== undefined) errors.push(invalidValue('spec.request', request || null, complaint));
  checkUsages(errors, usages ?? [], leniency);
  checkSigner(errors, signerName, leniency);
  if (seconds !== undefined && seconds < LEAST_SECONDS) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalidValue('spec.expirationSeconds', seconds, detail));
  }
  checkConditions(errors, csr, leniency);
  if (leniency.anyCertificate) return errors;
  const wrong = certificateComplaint(bytesOf(csr.status?.certificate));
  if (wrong !== undefined) errors.push(invalidValue('status.certificate', '<certificate data>', wrong));
  return errors;
};

/** Errors of a new request. */
export const validateSigningRequest = (object: KubeObject): FieldError[] =>
  check(object as CertificateSigningRequest, STRICT);

const ofType = (
  csr: CertificateSigningRequest,
  type: string,
): readonly CertificateSigningRequestCondition[] =>
  conditionsOf(csr).filter((condition) => condition.type === type);

const checkRemovals = (
  errors: Errors,
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
): void => {
  for (const type of LASTING) {
    if (ofType(next, type).length >= ofType(old, type).length) continue;
    errors.push(forbiddenField('status.conditions', `updates may not remove a condition of type "${type}"`));
  }
};

const checkDecisions = (
  errors: Errors,
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
): void => {
  for (const type of DECISIONS) {
    const now = ofType(next, type);
    const before = ofType(old, type);
    if (now.length < before.length) continue;
    if (now.length > before.length) {
      errors.push(forbiddenField('status.conditions', `updates may not add a condition of type "${type}"`));
    } else if (!sameValue(now, before)) {
      const [form, oldForm] = [now, before].map((list) =>
        list.map((condition) => internalForm('CertificateSigningRequestCondition', condition)),
      );
      const detail = `updates may not modify a condition of type "${type}"\n${jsonDiff(oldForm, form)}`;
      errors.push(forbiddenField('status.conditions', detail));
    }
  }
};

/** Which parts of the status a write may set. */
interface Powers {
  readonly decides: boolean;
  readonly issues: boolean;
}

const checkUpdate = (object: KubeObject, before: KubeObject, powers: Powers): FieldError[] => {
  const next = object as CertificateSigningRequest;
  const old = before as CertificateSigningRequest;
  const errors = check(next, leniencyOf(next, old));
  checkRemovals(errors, next, old);
  if (!powers.decides) checkDecisions(errors, next, old);
  const certificate = old.status?.certificate ?? '';
  if ((next.status?.certificate ?? '') === certificate) return errors;
  if (!powers.issues) {
    errors.push(forbiddenField('status.certificate', 'updates may not set certificate content'));
  } else if (certificate !== '') {
    errors.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'));
  }
  return errors;
};

/** Errors of a changed request; the approval subresource may decide. */
export const validateSigningRequestUpdate = (
  object: KubeObject,
  old: KubeObject,
  { subresource }: StrategyContext,
): FieldError[] => checkUpdate(object, old, { decides: subresource === 'approval', issues: false });

/** Errors of a changed status, which may issue the certificate. */
export const validateSigningRequestStatus = (object: KubeObject, old: KubeObject): FieldError[] =>
  checkUpdate(object, old, { decides: false, issues: true });
