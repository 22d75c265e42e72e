/** Subresources that are connections to a pod, a node or a service: log, exec, attach, portforward, proxy. */

import type { Identity } from '../auth/identity.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { type FieldError, forbiddenField, invalidValue } from '../machinery/field-error.ts';
import { printGroupVersion } from '../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import { badRequest, invalid, type StatusError, serviceUnavailable } from '../machinery/status.ts';
import type { Target } from '../registry/contract.ts';
import type { CoreRequest, CoreResponse } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import { booleanOf, first, integerOf, type Query, textOf } from './query.ts';
import type { ResourceRequest } from './request-info.ts';
import { plainText } from './respond.ts';
import type { Route } from './target.ts';

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly name: string }[] | null;
  readonly initContainers?: readonly { readonly name: string }[];
  readonly ephemeralContainers?: readonly { readonly name: string }[];
}

const specOf = (pod: KubeObject): PodSpec => (asRecord(pod)['spec'] ?? {}) as PodSpec;

const logErrors = (query: Query): FieldError[] => {
  const errors: FieldError[] = [];
  const tail = integerOf(query, 'tailLines');
  const limit = integerOf(query, 'limitBytes');
  const since = integerOf(query, 'sinceSeconds');
  if (tail !== undefined && tail < 0) {
    errors.push(invalidValue('tailLines', tail, 'must be greater than or equal to 0'));
  }
  if (limit !== undefined && limit < 1)
    errors.push(invalidValue('limitBytes', limit, 'must be greater than 0'));
  if (since !== undefined && first(query, 'sinceTime') !== undefined) {
    errors.push(forbiddenField('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else if (since !== undefined && since < 1) {
    errors.push(invalidValue('sinceSeconds', since, 'must be greater than 0'));
  }
  return errors;
};

const allContainers = (spec: PodSpec): readonly string[] =>
  [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap((list) =>
    (list ?? []).map((container) => container.name),
  );

const choices = (spec: PodSpec): string => {
  const names = (spec.containers ?? []).map((container) => container.name).join(' ');
  const inits = (spec.initContainers ?? []).map((container) => container.name);
  const late = (spec.ephemeralContainers ?? []).map((container) => container.name);
  return `[${names}]${inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`}${late.length === 0 ? '' : ` or one of the ephemeral containers: [${late.join(' ')}]`}`;
};

/** The container a connection is about; throws 400 when it must be named or does not exist. */
const checkContainer = (pod: KubeObject, asked: string): void => {
  const spec = specOf(pod);
  const name = pod.metadata.name ?? '';
  const containers = spec.containers ?? [];
  if (asked === '') {
    if (containers.length > 1) {
      const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
      if (annotated !== undefined && allContainers(spec).includes(annotated)) return;
      throw badRequest(`a container name must be specified for pod ${name}, choose one of: ${choices(spec)}`);
    }
    return;
  }
  if (!allContainers(spec).includes(asked))
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
};

const checkLog = (target: Target, pod: () => KubeObject, query: Query): void => {
  const errors = logErrors(query);
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, target.name ?? '', errors);
  checkContainer(pod(), textOf(query, 'container'));
};

const checkConnection = (pod: KubeObject, name: string, query: Query): void => {
  if (name === 'exec' || name === 'attach') checkContainer(pod, textOf(query, 'container'));
  if (!specOf(pod).nodeName) throw badRequest(`pod ${pod.metadata.name ?? ''} does not have a host assigned`);
};

/** A proxied name: `name`, `name:port`, or `scheme:name:port`; the scheme is `http` unless it says otherwise. */
export interface ProxiedName {
  readonly scheme: string;
  readonly name: string;
  /** A number or a port's name; '' for the first one. */
  readonly port: string;
}

/**
 * Splits a proxied name (apimachinery util/net SplitSchemeNamePort); throws 400 for a scheme or shape upstream refuses.
 * `what` is the kind in small letters.
 */
export const parseProxiedName = (text: string, what: string): ProxiedName => {
  const parts = text.split(':');
  const [scheme = '', name = '', port = ''] = parts.length < 3 ? ['', ...parts] : parts;
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme))
    throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  return { scheme: scheme === '' ? 'http' : scheme, name, port };
};

interface Addressed {
  readonly status?: { readonly podIP?: string };
  readonly spec?: { readonly containers?: readonly { readonly ports?: readonly ContainerPort[] }[] };
}

interface ContainerPort {
  readonly containerPort?: number;
}

/** Nothing listens behind what is proxied: how upstream finds that out depends on what it is. */
const refuseProxy = (object: KubeObject, asked: string): StatusError => {
  if (object.kind === 'Service')
    return serviceUnavailable(`no endpoints available for service ${JSON.stringify(asked)}`);
  if (object.kind !== 'Pod') return serviceUnavailable('no endpoints available for the request');
  const { status, spec } = object as Addressed;
  if (!status?.podIP) return badRequest('address not allowed');
  const declared = spec?.containers?.flatMap(({ ports }) => ports?.slice(0, 1) ?? [])[0]?.containerPort;
  const { scheme, port } = parseProxiedName(asked, 'pod');
  const at = port || declared || (scheme === 'https' ? 443 : 80);
  return serviceUnavailable(
    `error trying to reach service: dial tcp ${status.podIP}:${at}: connect: connection refused`,
  );
};

/** The options of a connection as the object that admission sees. */
const connectOptions = ({ subresource }: Route, query: Query): Draft => {
  const { group = '', version = '', kind = '' } = subresource ?? {};
  const options: Draft = { kind, apiVersion: printGroupVersion({ group, version }) };
  for (const { name, schema } of schemaOfKind(group, version, kind)?.fields?.values() ?? []) {
    const values = query.get(name);
    const [value] = values ?? [];
    if (values === undefined || value === undefined || name === 'kind' || name === 'apiVersion') continue;
    if (schema.type === 'boolean') options[name] = booleanOf(query, name);
    else if (schema.type === 'string') options[name] = value;
    else if (schema.type === 'array')
      options[name] = schema.items?.type === 'integer' ? values.map(Number) : [...values];
  }
  return options;
};

/** Serves a connection over plain HTTP; upgrades are taken over by whoever holds the socket. */
export const serveConnect = (
  deps: ApiDeps,
  route: Route,
  info: ResourceRequest,
  request: CoreRequest,
  identity: Identity,
): CoreResponse => {
  const { target } = route;
  const { kind } = target;
  const name = target.subresource ?? '';
  const { subresource: _subresource, ...main } = target;
  const named =
    name === 'proxy'
      ? { ...main, name: parseProxiedName(main.name ?? '', kind.kind.toLowerCase()).name }
      : main;
  const read = () => deps.registry.get(named).object;
  // Reading a log is a read to upstream; everything else is shown to admission before it is looked at.
  if (name !== 'log') deps.registry.connect(target, connectOptions(route, info.query), identity);
  if (kind.kind === 'Pod' && name === 'log') checkLog(target, read, info.query);
  else if (kind.kind === 'Pod' && name !== 'proxy') checkConnection(read(), name, info.query);
  else read();
  const answer = deps.connectors?.[`${kind.group}/${kind.resource}/${name}`]?.(target, info.query, request);
  if (answer !== undefined) return answer;
  if (name === 'log') return plainText(200, '', 'text/plain');
  if (name === 'proxy') throw refuseProxy(read(), main.name ?? '');
  throw badRequest('Upgrade request required');
};
