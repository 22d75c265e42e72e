import type { Attributes } from '../../auth/attributes.ts';
import type { Catalog } from '../../kinds/catalog-contract.ts';
import type { Kind } from '../../kinds/define.ts';
import type { Instant } from '../../machinery/time.ts';
import type { Revision } from '../../store/reader.ts';

/** A user, with groups if they are known. A service account's and a node's own groups follow from the name. */
export interface AskedSubject {
  readonly user: string;
  /** Absent: those it came with last, as the audit log has them. */
  readonly groups?: readonly string[];
}

/** What a request would be about, as people write it. */
export interface AskedRequest {
  readonly verb: string;
  /** A path that is no resource; with it nothing else is looked at. */
  readonly path?: string;
  /** Absent: found from the resource. `core` and '' are the core group. */
  readonly group?: string;
  /** Plural, singular, short name or kind; `pods/log` has the subresource in it. */
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A question about access. */
export type AccessQuestion =
  | ({ readonly what: 'explain' } & AskedSubject & AskedRequest)
  | { readonly what: 'explain-recorded'; readonly auditId: string }
  | ({ readonly what: 'who-can' } & AskedRequest)
  | ({ readonly what: 'matrix'; readonly namespace?: string } & AskedSubject)
  | { readonly what: 'diff'; readonly from?: Revision; readonly to?: Revision }
  | ({
      readonly what: 'least-privilege';
      readonly since?: Instant;
      readonly until?: Instant;
      readonly namespace?: string;
      readonly byName: boolean;
      readonly name?: string;
    } & AskedSubject);

/** The answer as JSON, or why there is none: a status code and a sentence. */
export type AccessAnswer =
  | { readonly value: Readonly<Record<string, unknown>> }
  | { readonly status: 400 | 404 | 410; readonly detail: string };

/** The kind people mean by a word: the exact plural first, then what kubectl would take. */
const findKind = (catalog: Catalog, word: string, group: string | undefined): Kind | undefined => {
  const lower = word.toLowerCase();
  const kinds = catalog.all().filter((kind) => group === undefined || kind.group === group);
  return (
    kinds.find((kind) => kind.resource === word) ??
    (group === undefined
      ? kinds.find(
          ({ singular, shortNames, kind }) =>
            singular === lower || shortNames.includes(lower) || kind.toLowerCase() === lower,
        )
      : undefined)
  );
};

/** `deployments.apps` as resource and group; only where the part after the dot is a group that exists. */
const splitGroup = (
  catalog: Catalog,
  word: string,
): readonly [resource: string, group: string | undefined] => {
  const dot = word.indexOf('.');
  if (dot < 0) return [word, undefined];
  const group = word.slice(dot + 1);
  return catalog.all().some((kind) => kind.group === group) ? [word.slice(0, dot), group] : [word, undefined];
};

/** What the authorizer is asked. The namespace of what has none is left out, as a request's path would. */
export const attributesOf = (catalog: Catalog, asked: AskedRequest): Attributes => {
  if (asked.path !== undefined) return { verb: asked.verb, path: asked.path };
  const [whole, below = asked.subresource ?? ''] = (asked.resource ?? '').split('/', 2) as [string, string?];
  const [word, ownGroup] = splitGroup(catalog, whole);
  const group = asked.group === 'core' ? '' : (asked.group ?? ownGroup);
  const kind = findKind(catalog, word, group);
  const { namespace = '', name = '' } = asked;
  // Requests for a namespace itself are authorized inside it.
  const inside = kind?.resource === 'namespaces' ? name : kind?.namespaced === false ? '' : namespace;
  return {
    verb: asked.verb,
    group: group ?? kind?.group ?? '',
    resource: kind?.resource ?? word,
    ...(below === '' ? {} : { subresource: below }),
    ...(inside === '' ? {} : { namespace: inside }),
    ...(name === '' ? {} : { name }),
  };
};
