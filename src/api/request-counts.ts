/**
 * Requests counted for `/metrics`. They live in memory alone and begin at zero when the cluster wakes, as counters of a
 * restarted kube-apiserver do (upstream: apiserver pkg/endpoints/metrics).
 */

import type { Catalog } from '../kinds/catalog-contract.ts';
import type { RequestInfo } from './request-info.ts';

/** Label values of `apiserver_request_total`, sorted by label name. */
export interface RequestLabels {
  readonly code: string;
  readonly dry_run: string;
  readonly group: string;
  readonly resource: string;
  readonly scope: string;
  readonly subresource: string;
  readonly verb: string;
  readonly version: string;
}

const VERBS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  proxy: 'CONNECT',
};

const CONNECTS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'log']);

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const verbOf = (info: RequestInfo, contentType: string): string => {
  if (!info.isResource) {
    const method = info.verb.toUpperCase();
    return METHODS.has(method) ? method : 'OTHER';
  }
  if (CONNECTS.has(info.subresource)) return 'CONNECT';
  if (info.verb === 'patch' && contentType.startsWith('application/apply-patch')) return 'APPLY';
  return VERBS[info.verb] ?? (info.verb === '' ? 'OTHER' : info.verb.toUpperCase());
};

const scopeOf = (info: RequestInfo): string => {
  if (!info.isResource) return '';
  if (info.name !== '' || info.verb === 'create') return 'resource';
  return info.namespace === '' ? 'cluster' : 'namespace';
};

/** Counts by label values; what is not served shares one label set, so that clients cannot make new ones. */
export class RequestCounts {
  readonly #catalog: Catalog;
  readonly #counts = new Map<string, { readonly labels: RequestLabels; count: number }>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Notes an answered request. `code` is its HTTP status. */
  add(info: RequestInfo, code: number, contentType: string): void {
    const labels = this.#labelsOf(info, code, contentType);
    const id = Object.values(labels).join('|');
    const known = this.#counts.get(id);
    if (known === undefined) this.#counts.set(id, { labels, count: 1 });
    else known.count += 1;
  }

  /** All counts, in the order of their labels. */
  entries(): readonly { readonly labels: RequestLabels; readonly count: number }[] {
    return [...this.#counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
  }

  #labelsOf(info: RequestInfo, code: number, contentType: string): RequestLabels {
    const isKnown =
      info.isResource && this.#catalog.resource(info.group, info.version, info.resource) !== undefined;
    return {
      code: String(code),
      dry_run: info.query.get('dryRun')?.[0] === 'All' ? 'All' : '',
      group: isKnown ? info.group : '',
      resource: isKnown ? info.resource : '',
      scope: isKnown ? scopeOf(info) : '',
      subresource: isKnown && code !== 404 && code !== 405 ? info.subresource : '',
      verb: verbOf(info, contentType),
      version: isKnown ? info.version : '',
    };
  }
}
