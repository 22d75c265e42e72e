/** Parameters of a policy as a binding chooses them (apiserver pkg/admission/plugin/policy/generic, CollectParams). */

import type { Lookup } from '../../kinds/define.ts';
import type { ParamKind, ParamRef } from '../../kinds/generated/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromLabelSelector, type LabelSelectorObject, matchesLabels } from '../../machinery/selector.ts';

/** A binding that cannot be used; the text says why. */
export class ParamError extends Error {}

const namespaceFor = (lookup: Lookup, kind: ParamKind, ref: ParamRef, requested: string): string => {
  const namespaced = lookup.isNamespaced(kind.apiVersion ?? '', kind.kind ?? '');
  const { namespace = '' } = ref;
  if (!namespaced) {
    if (namespace === '') return '';
    throw new ParamError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  if (namespace !== '') return namespace;
  if (requested !== '') return requested;
  throw new ParamError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
};

const kindText = ({ apiVersion = '', kind = '' }: ParamKind): string =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

/** Why no parameter can be read at all: nothing serves their kind. */
export const paramKindProblem = (lookup: Lookup, kind: ParamKind | undefined): string | undefined =>
  kind === undefined || lookup.isNamespaced(kind.apiVersion ?? '', kind.kind ?? '') !== undefined
    ? undefined
    : `failed to find resource referenced by paramKind: '${kindText(kind)}'`;

const selected = (
  lookup: Lookup,
  kind: ParamKind,
  namespace: string,
  selector: unknown,
): readonly KubeObject[] => {
  const terms = fromLabelSelector(selector as LabelSelectorObject);
  if (!terms.ok) throw new ParamError(terms.error);
  const all = lookup.listByKind?.(kind.apiVersion ?? '', kind.kind ?? '', namespace) ?? [];
  return all.filter((object) => matchesLabels(terms.value, object.metadata.labels ?? {}));
};

/**
 * The parameters to judge a request with, one after another; `undefined` stands for none. An empty list means that the
 * binding does not apply. Throws ParamError when it cannot be used.
 */
export const paramsOf = (
  lookup: Lookup,
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  requestNamespace: string,
): readonly (KubeObject | undefined)[] => {
  if (kind === undefined || ref === undefined) return [undefined];
  const namespace = namespaceFor(lookup, kind, ref, requestNamespace);
  const found =
    ref.selector === undefined
      ? [lookup.getByKind(kind.apiVersion ?? '', kind.kind ?? '', namespace, ref.name ?? '')].filter(
          (object) => object !== undefined,
        )
      : selected(lookup, kind, namespace, ref.selector);
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new ParamError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return found;
};
