/** A cluster without nodes and the objects that the conformance tests put into it. */

import type { KubeObject } from '../../../src/machinery/object.ts';
import { Harness } from '../../support/harness.ts';

/** Header of a merge patch. */
export const MERGE = { 'content-type': 'application/merge-patch+json' };

/** Path of the namespace that is worked in. */
export const BASE = '/api/v1/namespaces/default';

/** A cluster without nodes. */
export const fresh = (): Harness => new Harness({ settings: { nodes: [] } });

/** Creates an object, which must succeed. */
export const post = (harness: Harness, url: string, body: object): KubeObject =>
  harness.expect(201, 'POST', url, { body }) as KubeObject;

/** What is read of a pod. */
export interface Pod extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: { readonly qosClass?: string };
}

/** A pod of one container. */
export const pod = (name: string, spec: object = {}, container: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
});
