/** CustomResourceDefinitions as upstream validates them (apiextensions-apiserver validation.go, release 1.36). */

import { at, type FieldError, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { hasSchema, type Props, states } from '../../machinery/structural/props.ts';
import { checkClientConfig } from '../admissionregistration/webhook-client-validation.ts';
import { checkRule } from '../common/checks.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../generated/types.ts';
import { isHoisted, printedVersions } from './internal-form.ts';
import {
  validateChoice,
  validateColumns,
  validateOpenApi,
  validateSelectable,
  validateSubresources,
  validateWarning,
} from './version-validation.ts';

type Spec = CustomResourceDefinitionSpec;

const joined = (texts: readonly string[]): string => texts.join(',');

const label = (value: string, field: string, rule = value, prefix = ''): FieldError[] => {
  const texts = value === '' ? [] : dns1035Label(rule);
  return texts.length === 0 ? [] : [invalidValue(field, value, `${prefix}${joined(texts)}`)];
};

const MIXED = 'may have mixed case, but should otherwise match: ';

const checkNames = (names: Partial<CustomResourceDefinitionNames>, path: string): FieldError[] => {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames, categories } = names;
  const each = (list: readonly string[] | undefined, name: string): FieldError[] =>
    (list ?? []).flatMap((value, index) => {
      const texts = dns1035Label(value);
      return texts.length === 0 ? [] : [invalidValue(`${path}.${name}[${index}]`, value, joined(texts))];
    });
  const same =
    kind !== '' && kind === listKind
      ? [invalidValue(at(path, 'listKind'), listKind, 'kind and listKind may not be the same')]
      : [];
  return [
    ...label(plural, at(path, 'plural')),
    ...label(singular, at(path, 'singular')),
    ...label(kind, at(path, 'kind'), kind.toLowerCase(), MIXED),
    ...label(listKind, at(path, 'listKind'), listKind.toLowerCase(), MIXED),
    ...each(shortNames, 'shortNames'),
    ...same,
    ...each(categories, 'categories'),
  ];
};

const checkRequiredNames = (names: Partial<CustomResourceDefinitionNames>): FieldError[] =>
  (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((name) => !names[name])
    .map((name) => required(`spec.names.${name}`));

const checkGroup = (group: string): FieldError[] => {
  if (group === '') return [required('spec.group')];
  const texts = dns1123Subdomain(group);
  if (texts.length > 0) return [invalidValue('spec.group', group, joined(texts))];
  return group.includes('.')
    ? []
    : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
};

const schemaOf = (version: CustomResourceDefinitionVersion | undefined): Props | undefined =>
  version?.schema?.openAPIV3Schema as Props | undefined;

const hasStatus = (version: CustomResourceDefinitionVersion): boolean =>
  version.subresources?.status !== undefined;

/** The parts of a version that do not stand on top. */
const checkVersion = (spec: Spec, version: CustomResourceDefinitionVersion, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const own = (part: Parameters<typeof isHoisted>[1]): boolean => !isHoisted(spec, part);
  const schema = schemaOf(version);
  const nameErrors = dns1035Label(version.name ?? '');
  if (nameErrors.length > 0)
    errors.push(invalidValue(at(path, 'name'), version.name ?? '', joined(nameErrors)));
  errors.push(...validateWarning(version, path));
  if (own('schema') && schema !== undefined)
    errors.push(...validateOpenApi(schema, hasStatus(version), `${path}.schema.openAPIV3Schema`));
  if (own('subresources'))
    errors.push(...validateSubresources(version.subresources, at(path, 'subresources')));
  if (own('additionalPrinterColumns'))
    errors.push(
      ...validateColumns(version.additionalPrinterColumns ?? [], at(path, 'additionalPrinterColumns')),
    );
  if (own('selectableFields'))
    errors.push(
      ...validateSelectable(
        version.selectableFields ?? [],
        schema,
        at(path, 'selectableFields'),
        'may only be set when `version.schema.openAPIV3Schema` is not included',
      ),
    );
  return errors;
};

const checkVersions = (spec: Spec): FieldError[] => {
  const versions = spec.versions ?? [];
  const errors: FieldError[] = versions.flatMap((version, index) =>
    schemaOf(version) === undefined ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)] : [],
  );
  const hasDefaults = versions.some((version) => hasSchema(schemaOf(version), states('default')));
  if (spec.preserveUnknownFields === true && hasDefaults) {
    const detail = 'must be false in order to use defaults in the schema';
    errors.push(invalidValue('spec.preserveUnknownFields', true, detail));
  }
  for (const [index, version] of versions.entries())
    errors.push(...checkVersion(spec, version, `spec.versions[${index}]`));
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalidValue('spec.versions', printedVersions(spec), 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    errors.push(invalidValue('spec.versions', printedVersions(spec), detail));
  }
  errors.push(...label(versions[0]?.name ?? '', 'spec.version'));
  return errors;
};

/** What stands on top because all versions share it. */
const checkShared = (spec: Spec): FieldError[] => {
  const [first] = spec.versions ?? [];
  if (first === undefined) return [];
  const schema = schemaOf(first);
  const errors: FieldError[] = [];
  if (isHoisted(spec, 'schema') && schema !== undefined) {
    const status = (spec.versions ?? []).some(hasStatus);
    errors.push(...validateOpenApi(schema, status, 'spec.validation.openAPIV3Schema'));
  }
  if (isHoisted(spec, 'subresources'))
    errors.push(...validateSubresources(first.subresources, 'spec.subresources'));
  if (isHoisted(spec, 'additionalPrinterColumns'))
    errors.push(...validateColumns(first.additionalPrinterColumns ?? [], 'spec.additionalPrinterColumns'));
  if (isHoisted(spec, 'selectableFields'))
    errors.push(
      ...validateSelectable(
        first.selectableFields ?? [],
        isHoisted(spec, 'schema') ? schema : undefined,
        'spec.selectableFields',
        'may only be set when `validations.schema` is included',
      ),
    );
  return errors;
};

const REVIEW_VERSIONS = ['v1', 'v1beta1'];

const checkReviewVersions = (errors: FieldError[], field: string, versions: readonly string[]): void => {
  if (versions.length === 0) errors.push(required(field));
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    if (seen.has(version)) errors.push(invalidValue(`${field}[${index}]`, version, 'duplicate version'));
    else checkRule(errors, `${field}[${index}]`, version, dns1035Label(version));
    seen.add(version);
  }
  if (versions.length > 0 && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    const detail = `must include at least one of ${REVIEW_VERSIONS.join(', ')}`;
    errors.push(invalidValue(field, versions, detail));
  }
};

const checkConversion = (spec: Spec): FieldError[] => {
  const { conversion } = spec;
  if (conversion === undefined) return [];
  const { strategy = '', webhook } = conversion;
  const errors: FieldError[] = [];
  if (strategy !== 'None' && spec.preserveUnknownFields === true) {
    const detail = 'must be None if spec.preserveUnknownFields is true';
    errors.push(invalidValue('spec.conversion.strategy', strategy, detail));
  }
  errors.push(...validateChoice(strategy, ['None', 'Webhook'], 'spec.conversion.strategy'));
  const config = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  const configField = 'spec.conversion.webhookClientConfig';
  const versionsField = 'spec.conversion.conversionReviewVersions';
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (config !== undefined) errors.push(forbiddenField(configField, detail));
    if (versions.length > 0) errors.push(forbiddenField(versionsField, detail));
    return errors;
  }
  if (config === undefined) errors.push(required(configField, 'required when strategy is set to Webhook'));
  else checkClientConfig(errors, configField, config);
  checkReviewVersions(errors, versionsField, versions);
  return errors;
};

const checkSpec = (spec: Spec): FieldError[] => [
  ...checkGroup(spec.group ?? ''),
  ...validateChoice(spec.scope ?? '', ['Cluster', 'Namespaced'], 'spec.scope'),
  ...checkVersions(spec),
  ...checkRequiredNames(spec.names ?? {}),
  ...checkNames(spec.names ?? {}, 'spec.names'),
  ...checkShared(spec),
  ...checkConversion(spec),
];

const checkStored = (crd: CustomResourceDefinition): FieldError[] => {
  const field = 'status.storedVersions';
  const stored = crd.status?.storedVersions ?? [];
  const versions = crd.spec.versions ?? [];
  if (stored.length === 0) return [invalidValue(field, null, 'must have at least one stored version')];
  const errors = versions
    .filter(({ name, storage }) => storage && !stored.includes(name))
    .map(({ name }) => invalidValue(field, stored, `must have the storage version ${name}`));
  for (const name of new Set(stored)) {
    if (versions.some((version) => version.name === name)) continue;
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.push(invalidValue(`${field}[${stored.lastIndexOf(name)}]`, name, detail));
  }
  return errors;
};

const APPROVAL = 'api-approved.kubernetes.io';
const POLICY = 'https://github.com/kubernetes/enhancements/pull/1111';

const isProtected = (group: string): boolean =>
  group === 'k8s.io' || group === 'kubernetes.io' || /\.(?:k8s|kubernetes)\.io$/.test(group);

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

const approvalOf = (text: string): Approval => {
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]+/.test(text) ? 'approved' : 'invalid';
};

/** Kubernetes' own groups need an approval; what does not change stays as it is. */
const checkApproval = (crd: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] => {
  if (!isProtected(crd.spec.group ?? '')) return [];
  const field = `metadata.annotations[${APPROVAL}]`;
  const text = crd.metadata.annotations?.[APPROVAL] ?? '';
  const approval = approvalOf(text);
  if (old !== undefined && approvalOf(old.metadata.annotations?.[APPROVAL] ?? '') === approval) return [];
  const detail = `protected groups must have approval annotation "${APPROVAL}"`;
  if (approval === 'missing') return [required(field, `${detail}, see ${POLICY}`)];
  if (approval !== 'invalid') return [];
  const rule = 'with either a URL or a reason starting with "unapproved"';
  return [invalidValue(field, text, `${detail} ${rule}, see ${POLICY}`)];
};

const checkPreserving = (crd: CustomResourceDefinition): FieldError[] =>
  crd.spec.preserveUnknownFields === true
    ? [
        invalidValue(
          'spec.preserveUnknownFields',
          true,
          'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
        ),
      ]
    : [];

const checkStatus = (crd: CustomResourceDefinition): FieldError[] =>
  checkNames(crd.status?.acceptedNames ?? {}, 'status.acceptedNames');

const asDefinition = (object: KubeObject): CustomResourceDefinition =>
  object as unknown as CustomResourceDefinition;

/** Errors of a new definition. */
export const validateDefinition = (object: KubeObject): readonly FieldError[] => {
  const crd = asDefinition(object);
  const name = crd.metadata.name ?? '';
  const wanted = `${crd.spec.names?.plural ?? ''}.${crd.spec.group ?? ''}`;
  return [
    ...(name === '' || name === wanted
      ? []
      : [invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...checkSpec(crd.spec),
    ...checkStatus(crd),
    ...checkStored(crd),
    ...checkApproval(crd),
    ...checkPreserving(crd),
  ];
};

const isEstablished = (crd: CustomResourceDefinition): boolean =>
  crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true;

const immutable = (next: unknown, old: unknown, field: string): FieldError[] =>
  next === old ? [] : [invalidValue(field, next, 'field is immutable')];

/** Errors of a changed definition. */
export const validateDefinitionUpdate = (object: KubeObject, before: KubeObject): readonly FieldError[] => {
  const crd = asDefinition(object);
  const old = asDefinition(before);
  const established = isEstablished(old)
    ? [
        ...immutable(crd.spec.scope, old.spec.scope, 'spec.scope'),
        ...immutable(crd.spec.names.kind, old.spec.names.kind, 'spec.names.kind'),
      ]
    : [];
  return [
    ...checkSpec(crd.spec),
    ...established,
    ...immutable(crd.spec.group, old.spec.group, 'spec.group'),
    ...immutable(crd.spec.names.plural, old.spec.names.plural, 'spec.names.plural'),
    ...checkStatus(crd),
    ...checkStored(crd),
    ...checkApproval(crd, old),
    ...(old.spec.preserveUnknownFields === true ? [] : checkPreserving(crd)),
  ];
};

/** Errors of a definition's changed status. */
export const validateDefinitionStatus = (object: KubeObject): readonly FieldError[] => {
  const crd = asDefinition(object);
  return [...checkStatus(crd), ...checkStored(crd)];
};
