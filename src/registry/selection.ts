/** Label and field selectors of a list, watch or collection delete, bound to a kind. */

import type { Kind } from '../kinds/define.ts';
import { type FieldSelector, matchesFields, parseFieldSelector } from '../machinery/field-selector.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type LabelSelectorTerms, matchesLabels, parseLabelSelector } from '../machinery/selector.ts';
import { badRequest } from '../machinery/status.ts';

export interface Selection {
  /** True when nothing is left out. */
  readonly all: boolean;
  /** The one name the selection asks for, if it does. */
  readonly name?: string;
  readonly matches: (object: KubeObject) => boolean;
  readonly fields: FieldSelector;
}

const everything: Selection = { all: true, matches: () => true, fields: [] };

const readerOf =
  (kind: Kind, object: KubeObject) =>
  (label: string): string => {
    const field = kind.fieldLabels?.aliases?.[label] ?? label;
    if (field === 'metadata.name') return object.metadata.name ?? '';
    if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
    return kind.selectableFields[field]?.(object) ?? '';
  };

/**
 * Kinds with labels of their own refuse others in one wording, kinds without in another (a conversion function of
 * the kind, or the default one of the scheme).
 */
const checkField = (kind: Kind, field: string): void => {
  const { fieldLabels } = kind;
  if (field === 'metadata.name' || field in kind.selectableFields) return;
  if (fieldLabels?.aliases !== undefined && field in fieldLabels.aliases) return;
  if (field === 'metadata.namespace' && (fieldLabels === undefined || fieldLabels.namespace)) return;
  if (fieldLabels !== undefined || kind.custom === true)
    throw badRequest(`field label not supported: ${field}`);
  throw badRequest(
    `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
};

const parseFields = (kind: Kind, text: string): FieldSelector => {
  const parsed = parseFieldSelector(text);
  if (!parsed.ok) throw badRequest(parsed.error);
  // Terms without a name (a bare `=` or `,`) select everything.
  const terms = parsed.value.filter((term) => term.field !== '' || term.value !== '');
  for (const term of terms) checkField(kind, term.field);
  return terms;
};

const parseLabels = (text: string): LabelSelectorTerms => {
  const parsed = parseLabelSelector(text);
  if (!parsed.ok) throw badRequest(parsed.error);
  return parsed.value;
};

/** Parses both selectors; throws 400 with upstream's texts. */
export const parseSelection = (
  kind: Kind,
  labelSelector: string | undefined,
  fieldSelector: string | undefined,
): Selection => {
  if (!labelSelector && !fieldSelector) return everything;
  const labels = labelSelector ? parseLabels(labelSelector) : [];
  const fields = fieldSelector ? parseFields(kind, fieldSelector) : [];
  const anyLabels = labels !== 'nothing' && labels.length === 0;
  if (anyLabels && fields.length === 0) return everything;
  const name = fields.find((term) => term.field === 'metadata.name' && term.operator === '=')?.value;
  return {
    all: false,
    ...(name === undefined ? {} : { name }),
    fields,
    matches: (object) =>
      (anyLabels || matchesLabels(labels, object.metadata.labels)) &&
      (fields.length === 0 || matchesFields(fields, readerOf(kind, object))),
  };
};
