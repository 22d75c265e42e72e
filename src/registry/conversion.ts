/**
 * Conversion of custom objects by webhook (apiextensions-apiserver pkg/apiserver/conversion, release 1.36). The call
 * goes the way of admission webhooks: asked for, and made outside; while the way out is closed it fails.
 */

import type { Lookup } from '../kinds/define.ts';
import type { CustomResourceDefinition } from '../kinds/generated/types.ts';
import { type WebhookClient, webhookRoute, webhookTarget } from '../kinds/webhook-address.ts';
import type { Draft } from '../machinery/object.ts';
import type { AskOutside, OutsideReply } from '../machinery/outside.ts';
import { sha256Hex } from '../machinery/sha256.ts';
import { makeStatus, StatusError } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';

/** What conversions need of the cluster around them. */
export interface ConversionDeps {
  readonly lookup: Lookup;
  readonly now: () => Instant;
  readonly ask?: AskOutside;
  readonly reaches?: (url: string) => boolean;
}

/** Converts objects of a definition, all of one version, to an apiVersion. Throws 500, or OutsideNeeded. */
export type Convert = (
  crd: CustomResourceDefinition,
  objects: readonly Draft[],
  apiVersion: string,
) => readonly Draft[];

const TIMEOUT_SECONDS = 30;

/** Upstream answers with the bare text: it knows no reason for a failed conversion. */
const failure = (text: string): StatusError => new StatusError(makeStatus(500, undefined, text));

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (object: Draft): string => `${String(object['apiVersion'])}, Kind=${String(object['kind'])}`;

/** Labels and annotations may be converted; the rest of the metadata stays what it was. */
const withMetadata = (converted: Draft, original: Draft): Draft => {
  const given = isFields(converted['metadata']) ? converted['metadata'] : {};
  const { labels: _labels, annotations: _annotations, ...kept } = (original['metadata'] ?? {}) as Fields;
  const { labels, annotations } = given;
  return {
    ...converted,
    metadata: {
      ...kept,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
};

/** The converted objects of an answer. Throws the text of what is wrong with it. */
const readAnswer = (body: string, uid: string): readonly unknown[] => {
  const review: unknown = JSON.parse(body);
  const response = isFields(review) ? review['response'] : undefined;
  if (!isFields(response)) throw new Error('no response provided');
  if (response['uid'] !== uid) {
    throw new Error(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`,
    );
  }
  const result = isFields(response['result']) ? response['result'] : {};
  if (result['status'] !== 'Success') {
    throw new Error(
      typeof result['message'] === 'string' && result['message'] !== ''
        ? result['message']
        : `response.result.status was '${String(result['status'] ?? '')}', not 'Success'`,
    );
  }
  const { convertedObjects } = response;
  return Array.isArray(convertedObjects) ? convertedObjects : [];
};

const bodyOf = (reply: OutsideReply, url: string): string => {
  if ('failure' in reply) throw new Error(`Post ${JSON.stringify(url)}: ${reply.failure}`);
  if (reply.status < 200 || reply.status > 299) {
    throw new Error(`the server responded with the status code ${reply.status}`);
  }
  return reply.body;
};

const CLOSED: ConversionDeps['ask'] = undefined;

/** Conversions of a cluster. They are connected once the cluster is composed: kinds exist before that. */
export class Conversions {
  #deps: ConversionDeps | undefined;

  connect(deps: ConversionDeps): void {
    this.#deps = deps;
  }

  readonly convert: Convert = (crd, objects, apiVersion) => {
    const [first] = objects;
    if (first === undefined || objects.every((object) => object['apiVersion'] === apiVersion)) return objects;
    const what = `conversion webhook for ${typeOf(first)}`;
    try {
      const converted = this.#call(crd, objects, apiVersion);
      if (converted.length !== objects.length) {
        throw failure(`${what} returned ${converted.length} objects, expected ${objects.length}`);
      }
      return converted.map((object, index) => {
        if (!isFields(object) || object['apiVersion'] !== apiVersion) {
          const received = isFields(object) ? String(object['apiVersion']) : '';
          throw failure(
            `${what} returned invalid converted object at index ${index}: invalid groupVersion (expected ${apiVersion}, received ${received})`,
          );
        }
        return withMetadata(object as Draft, objects[index] ?? {});
      });
    } catch (error) {
      if (error instanceof StatusError || !(error instanceof ConversionError)) throw error;
      throw failure(`${what} failed: ${error.message}`);
    }
  };

  #call(crd: CustomResourceDefinition, objects: readonly Draft[], apiVersion: string): readonly unknown[] {
    const client = (crd.spec.conversion?.webhook?.clientConfig ?? {}) as WebhookClient;
    const deps = this.#deps;
    const ask = deps?.ask ?? CLOSED;
    const url = webhookTarget(client, TIMEOUT_SECONDS);
    if (deps === undefined) throw new ConversionError(`Post ${JSON.stringify(url)}: EOF`);
    const route = webhookRoute(
      client,
      TIMEOUT_SECONDS,
      deps.lookup,
      ask === undefined ? undefined : deps.reaches,
    );
    if (!route.ok || ask === undefined) {
      throw new ConversionError(`Post ${JSON.stringify(url)}: ${route.ok ? 'EOF' : route.error}`);
    }
    const asked = JSON.stringify({ desiredAPIVersion: apiVersion, objects });
    const id = sha256Hex(
      JSON.stringify([crd.metadata.uid, crd.metadata.generation, route.value, deps.now(), asked]),
    );
    const uid = `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`;
    const body = `{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1","request":{"uid":"${uid}",${asked.slice(1)}}`;
    const [reply] = ask([{ id, url: route.value, body, timeoutSeconds: TIMEOUT_SECONDS }]);
    try {
      return readAnswer(bodyOf(reply ?? { failure: 'EOF' }, url), uid);
    } catch (error) {
      throw new ConversionError((error as Error).message);
    }
  }
}

/** Why a conversion came to nothing. */
class ConversionError extends Error {}
