/** Options of list, get, create, update, patch and delete, from the query or the body, with upstream's refusals. */

import { utf8Length } from '../machinery/deep.ts';
import { type FieldError, forbiddenField, invalidValue, notSupported } from '../machinery/field-error.ts';
import type { Draft } from '../machinery/object.ts';
import { badRequest, invalid } from '../machinery/status.ts';
import type { DeleteOptions, ListQuery } from '../registry/contract.ts';
import { booleanOf, flagOf, integerOf, type Query, textOf } from './query.ts';

export interface ListOptions extends ListQuery {
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

const MATCH = 'resourceVersionMatch';

const matchForbidden = (why: string): FieldError => forbiddenField(MATCH, `resourceVersionMatch ${why}`);

const listErrors = (options: ListOptions): FieldError[] => {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch as string | undefined;
  const revision = options.resourceVersion ?? '';
  if (match !== undefined) {
    if (revision === '') errors.push(matchForbidden('is forbidden unless resourceVersion is provided'));
    if (options.continue) errors.push(matchForbidden('is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && revision === '0')
      errors.push(matchForbidden('"exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
};

const watchErrors = (options: ListOptions): FieldError[] => {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch as string | undefined;
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    const detail = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push(forbiddenField(MATCH, detail));
  }
  if (match === undefined) return errors;
  if (options.sendInitialEvents === undefined)
    errors.push(matchForbidden('is forbidden for watch unless sendInitialEvents is provided'));
  if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
  if (options.continue) errors.push(matchForbidden('is forbidden when continue is provided'));
  return errors;
};

const checkList = (options: ListOptions): void => {
  const errors = options.watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
};

const optional = <Key extends string>(key: Key, value: string): Partial<Record<Key, string>> =>
  (value === '' ? {} : { [key]: value }) as Partial<Record<Key, string>>;

/** Options of a list, watch or collection delete. `watch` is what the verb says. Throws 400 and 422. */
export const parseListOptions = (query: Query, watch: boolean): ListOptions => {
  const limit = integerOf(query, 'limit');
  const match = textOf(query, 'resourceVersionMatch');
  const options: ListOptions = {
    ...optional('labelSelector', textOf(query, 'labelSelector')),
    ...optional('fieldSelector', textOf(query, 'fieldSelector')),
    ...optional('continue', textOf(query, 'continue')),
    ...optional('resourceVersion', textOf(query, 'resourceVersion')),
    ...(limit === undefined ? {} : { limit }),
    ...(match === '' ? {} : { resourceVersionMatch: match as 'Exact' }),
    watch,
    allowWatchBookmarks: booleanOf(query, 'allowWatchBookmarks'),
    sendInitialEvents: flagOf(query, 'sendInitialEvents'),
    timeoutSeconds: integerOf(query, 'timeoutSeconds'),
  };
  checkList(options);
  return options;
};

const printValues = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(',')}]`;

const dryRunErrors = (values: readonly string[]): FieldError[] =>
  values.length === 0 || (values.length === 1 && values[0] === 'All')
    ? []
    : values.every((value) => value === 'All')
      ? []
      : [
          {
            type: 'FieldValueNotSupported',
            field: 'dryRun',
            text: `Unsupported value: ${printValues(values)}: supported values: "All"`,
          },
        ];

const MAX_MANAGER_BYTES = 128;

/** What Go's unicode.IsPrint takes. */
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

const managerErrors = (manager: string): FieldError[] => {
  const errors: FieldError[] = [];
  if (utf8Length(manager) > MAX_MANAGER_BYTES) {
    errors.push({
      type: 'FieldValueTooLong',
      field: 'fieldManager',
      text: `Too long: may not be more than ${MAX_MANAGER_BYTES} bytes`,
    });
  }
  let position = 0;
  for (const character of manager) {
    if (!PRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(
        invalidValue('fieldManager', manager, `invalid character U+${code} (at position ${position})`),
      );
    }
    position += utf8Length(character);
  }
  return errors;
};

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

const validationErrors = (value: string): FieldError[] =>
  value === '' || value === 'Ignore' || value === 'Warn' || value === 'Strict'
    ? []
    : [notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn'])];

export interface WriteQuery {
  readonly dryRun: boolean;
  /** As given; absent means the client's user agent decides. */
  readonly fieldManager: string | undefined;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean | undefined;
  /** The options as an object, as admission shows them. */
  readonly stated: Readonly<Record<string, unknown>>;
}

/** Options of create, update and patch. `apply` changes which of them are required. Throws 422. */
export const parseWriteOptions = (
  query: Query,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  apply = false,
): WriteQuery => {
  const dryRun = query.get('dryRun') ?? [];
  const manager = textOf(query, 'fieldManager');
  const validation = textOf(query, 'fieldValidation');
  const force = flagOf(query, 'force');
  const errors: FieldError[] = [];
  if (kind === 'PatchOptions') {
    if (apply && manager === '') {
      errors.push({
        type: 'FieldValueRequired',
        field: 'fieldManager',
        text: 'Required value: is required for apply patch',
      });
    }
    if (!apply && force !== undefined) {
      errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
    }
  }
  errors.push(...managerErrors(manager), ...dryRunErrors(dryRun), ...validationErrors(validation));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: manager === '' ? undefined : manager,
    fieldValidation: validation === '' ? 'Warn' : (validation as FieldValidation),
    force,
    stated: {
      kind,
      apiVersion: 'meta.k8s.io/v1',
      ...(dryRun.length > 0 ? { dryRun: ['All'] } : {}),
      ...(force === undefined ? {} : { force }),
      ...(manager === '' ? {} : { fieldManager: manager }),
      ...(validation === '' ? {} : { fieldValidation: validation }),
    },
  };
};

/** The manager a write is recorded under: the option, or the user agent up to the first slash. */
export const managerOf = (options: WriteQuery, userAgent: string | undefined): string => {
  if (options.fieldManager !== undefined) return options.fieldManager;
  const agent = (userAgent ?? '').split('/')[0] ?? '';
  const printable = [...agent].filter((character) => PRINTABLE.test(character)).join('');
  return printable.slice(0, MAX_MANAGER_BYTES) || 'unknown';
};

const PROPAGATION = ['Foreground', 'Background', 'Orphan'];

const deleteErrors = (options: DeleteOptions, dryRun: readonly string[]): FieldError[] => {
  const errors: FieldError[] = [];
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalidValue(
        'propagationPolicy',
        policy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  if (policy !== undefined && !PROPAGATION.includes(policy)) {
    errors.push(notSupported('propagationPolicy', policy, [...PROPAGATION, 'nil']));
  }
  errors.push(...dryRunErrors(dryRun));
  return errors;
};

const withBody = (body: Draft): { readonly options: DeleteOptions; readonly dryRun: readonly string[] } => {
  const dryRun = Array.isArray(body['dryRun']) ? (body['dryRun'] as string[]) : [];
  const { apiVersion: _apiVersion, kind: _kind, dryRun: _dryRun, ...rest } = body;
  return { options: rest as DeleteOptions, dryRun };
};

/** Options of a delete: the body when there is one, else the query. Throws 422. */
export const parseDeleteOptions = (query: Query, body: Draft | undefined): DeleteOptions => {
  const grace = integerOf(query, 'gracePeriodSeconds');
  const orphan = flagOf(query, 'orphanDependents');
  const policy = textOf(query, 'propagationPolicy');
  const given =
    body === undefined
      ? {
          dryRun: query.get('dryRun') ?? [],
          options: {
            ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
            ...(orphan === undefined ? {} : { orphanDependents: orphan }),
            ...(policy === '' ? {} : { propagationPolicy: policy as 'Orphan' }),
          },
        }
      : withBody(body);
  const errors = deleteErrors(given.options, given.dryRun);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const stated = {
    kind: 'DeleteOptions',
    apiVersion: 'meta.k8s.io/v1',
    ...given.options,
    ...(given.dryRun.length > 0 ? { dryRun: ['All'] } : {}),
  };
  return { ...given.options, ...(given.dryRun.length > 0 ? { dryRun: true } : {}), stated };
};

/** The revision of a get; upstream answers a bad one with a bare 500. */
export const revisionOption = (query: Query): string => textOf(query, 'resourceVersion');

/** 400 for a name that is required and missing. */
export const nameRequired = (): Error => badRequest('name is required');
