/** Parts of a definition's version (apiextensions validation.go): columns, subresources, selectable fields. */

import { utf8Length } from '../../machinery/deep.ts';
import {
  at,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '../../machinery/field-error.ts';
import { followPath } from '../../machinery/structural/field-path.ts';
import type { Props } from '../../machinery/structural/props.ts';
import { hasRules } from '../../machinery/structural/run-rules.ts';
import { validateDefaults } from '../../machinery/structural/validate-defaults.ts';
import { RuleContext } from '../../machinery/structural/validate-rules.ts';
import { validateSchema } from '../../machinery/structural/validate-schema.ts';
import { validateStructural } from '../../machinery/structural/validate-structural.ts';
import type { CustomResourceDefinitionVersion, CustomResourceSubresources } from '../generated/types.ts';
import { schemaForm } from './internal-form.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'name', 'password'];

const simplePath = (text: string, field: string): FieldError[] => {
  if (text === '') return [invalidValue(field, text, 'must not be empty')];
  if (!text.startsWith('.')) return [invalidValue(field, text, 'must be a simple json path starting with .')];
  return [];
};

type Columns = NonNullable<CustomResourceDefinitionVersion['additionalPrinterColumns']>;

/** Errors of printer columns. */
export const validateColumns = (columns: Columns, path: string): FieldError[] =>
  columns.flatMap((column, index) => {
    const field = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const { name = '', type = '', format = '', jsonPath = '' } = column ?? {};
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (name === '') errors.push(required(at(field, 'name')));
    if (type === '') errors.push(required(at(field, 'type'), types));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalidValue(at(field, 'type'), type, types));
    if (format !== '' && !COLUMN_FORMATS.includes(format))
      errors.push(invalidValue(at(field, 'format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    if (jsonPath === '') errors.push(required(at(field, 'JSONPath')));
    else errors.push(...simplePath(jsonPath, at(field, 'JSONPath')));
    return errors;
  });

const replicas = (text: string, below: string, field: string): FieldError[] => {
  if (text === '') return [required(field)];
  const errors = simplePath(text, field);
  if (errors.length > 0 || text.startsWith(`.${below}.`)) return errors;
  return [invalidValue(field, text, `should be a json path under .${below}`)];
};

/** Errors of the scale subresource's paths. */
export const validateSubresources = (
  subresources: CustomResourceSubresources | undefined,
  path: string,
): FieldError[] => {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const field = at(path, 'scale');
  const errors = [
    ...replicas(scale.specReplicasPath ?? '', 'spec', at(field, 'specReplicasPath')),
    ...replicas(scale.statusReplicasPath ?? '', 'status', at(field, 'statusReplicasPath')),
  ];
  const { labelSelectorPath = '' } = scale;
  if (labelSelectorPath === '') return errors;
  const selector = at(field, 'labelSelectorPath');
  const wrong = simplePath(labelSelectorPath, selector);
  if (wrong.length === 0 && !/^\.(?:spec|status)\./.test(labelSelectorPath))
    wrong.push(
      invalidValue(selector, labelSelectorPath, 'should be a json path under either .spec or .status'),
    );
  return [...errors, ...wrong];
};

const MAX_SELECTABLE = 8;

type Selectable = NonNullable<CustomResourceDefinitionVersion['selectableFields']>;

/** Errors of selectable fields against the schema they point into; `without` says why they need one. */
export const validateSelectable = (
  fields: Selectable,
  schema: Props | undefined,
  path: string,
  without: string,
): FieldError[] => {
  if (fields.length === 0) return [];
  if (schema === undefined) return [invalidValue(path, '', without)];
  const seen = new Set<string>();
  const errors = fields.flatMap((each, index): FieldError[] => {
    const jsonPath = each?.jsonPath ?? '';
    const field = `${path}[${index}].jsonPath`;
    if (jsonPath === '') return [required(field)];
    const found = followPath(jsonPath, schema, false);
    if (!found.ok) return [invalidValue(field, jsonPath, `is an invalid path: ${found.error}`)];
    const own: FieldError[] = [];
    if (found.root === 'metadata')
      own.push(invalidValue(field, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.props?.type ?? '')) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      own.push(invalidValue(field, jsonPath, detail));
    }
    if (seen.has(found.text)) own.push(duplicate(field, jsonPath));
    seen.add(found.text);
    return own;
  });
  return seen.size > MAX_SELECTABLE ? [...errors, tooMany(path, seen.size, MAX_SELECTABLE)] : errors;
};

const MAX_WARNING = 256;

/** What Go takes for printable: letters, marks, numbers, punctuation, symbols, and the plain space only. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** Errors of a deprecation warning. */
export const validateWarning = (version: CustomResourceDefinitionVersion, path: string): FieldError[] => {
  const { deprecationWarning: warning } = version;
  if (warning === undefined || warning === null) return [];
  const field = at(path, 'deprecationWarning');
  const say = (detail: string): FieldError => invalidValue(field, warning, detail);
  if (version.deprecated !== true) return [say('can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (utf8Length(warning) > MAX_WARNING) errors.push(say(`must be <= ${MAX_WARNING} characters long`));
  if (warning === '') errors.push(say('must not be an empty string'));
  const strange = UNPRINTABLE.exec(warning);
  if (strange !== null) {
    const detail = 'must only contain printable UTF-8 characters; non-printable character found at index';
    errors.push(say(`${detail} ${utf8Length(warning.slice(0, strange.index))}`));
  }
  return errors;
};

/** Fields a root may have when the status is apart, as upstream's message lists them. */
const AT_ROOT =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';

const ROOT_FIELDS: ReadonlySet<string> = new Set(
  AT_ROOT.split(' ').map((name) =>
    name === 'XPreserveUnknownFields'
      ? 'x-kubernetes-preserve-unknown-fields'
      : name === 'XValidations'
        ? 'x-kubernetes-validations'
        : `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`,
  ),
);

const isZero = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === '' || value === 0;

const checkRoot = (schema: Props, hasStatus: boolean, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  if (hasStatus) {
    const stray = Object.entries(schema).some(([name, value]) => !ROOT_FIELDS.has(name) && !isZero(value));
    if (schema.type !== undefined && schema.type !== 'object') {
      const detail =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      errors.push(invalidValue(at(path, 'type'), schema.type, detail));
    } else if (stray) {
      const detail = `only [${AT_ROOT}] fields are allowed at the root of the schema if the status subresource is enabled`;
      errors.push(invalidValue(path, schemaForm(schema), detail));
    }
  }
  if (schema.nullable === true)
    errors.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'));
  return errors;
};

/** Errors of a whole schema: its root, whether it is structural, its defaults, its shape and its rules. */
export const validateOpenApi = (schema: Props, hasStatus: boolean, path: string): readonly FieldError[] => {
  const bare = validateSchema(schema, path, RuleContext.withoutRules());
  // Upstream cannot even read such a schema as a structural one; its shape says why.
  if (bare.some((error) => UNREADABLE.test(error.text)))
    return [...checkRoot(schema, hasStatus, path), ...bare];
  const structural = validateStructural(schema, path);
  const broken = structural.length > 0 ? structural : validateDefaults(schema, path);
  // Rules are compiled for what is sound so far only.
  const shape =
    broken.length > 0 || !hasRules(schema) ? bare : validateSchema(schema, path, new RuleContext());
  return [...checkRoot(schema, hasStatus, path), ...broken, ...shape];
};

const UNREADABLE =
  /^Forbidden: (?:items must be a schema object|\S+ is not supported$)|^Invalid value: false: must be true or undefined$/;

/** An enumeration that must be set. */
export const validateChoice = (value: string, choices: readonly string[], field: string): FieldError[] => {
  if (value === '') return [required(field)];
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
};
