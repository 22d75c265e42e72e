/** Rules of events, of both APIs (upstream: pkg/apis/core/validation/events.go, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { type FieldError, invalidValue, required } from '../../machinery/field-error.ts';
import { dns1123Subdomain } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  checkImmutable,
  checkPresent,
  checkQualifiedName,
  checkRule,
  type Errors,
  isSame,
} from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import type { Event } from '../generated/types.ts';

const MAX_TEXT = 128;
const MAX_NOTE = 1024;
const OTHER_NAMESPACE = 'does not match event.namespace';

const checkShort = (errors: Errors, field: string, value: string, limit = MAX_TEXT): void => {
  // Upstream does not repeat the long text.
  if (utf8Length(value) > limit) errors.push(invalidValue(field, '', `can have at most ${limit} characters`));
};

const checkText = (errors: Errors, field: string, value: string): void => {
  checkPresent(errors, field, value);
  checkShort(errors, field, value);
};

/** Events of the old kind have no eventTime. */
const checkOld = (errors: Errors, event: Event): void => {
  const { namespace = '' } = event.metadata;
  const about = event.involvedObject?.namespace ?? '';
  const matches = about === '' ? namespace === '' || namespace === 'default' : about === namespace;
  if (!matches) errors.push(invalidValue('involvedObject.namespace', about, OTHER_NAMESPACE));
};

const checkNew = (errors: Errors, event: Event, reporterField: string): void => {
  const { namespace = '' } = event.metadata;
  const about = event.involvedObject?.namespace ?? '';
  if (about === '' && namespace !== 'default' && namespace !== 'kube-system') {
    errors.push(invalidValue('involvedObject.namespace', about, OTHER_NAMESPACE));
  }
  const { reportingComponent: reporter = '', reportingInstance = '' } = event;
  checkPresent(errors, reporterField, reporter);
  checkQualifiedName(errors, reporterField, reporter);
  checkText(errors, 'reportingInstance', reportingInstance);
  checkText(errors, 'action', event.action ?? '');
  checkText(errors, 'reason', event.reason ?? '');
  checkShort(errors, 'message', event.message ?? '', MAX_NOTE);
};

const checkAny = (event: Event, reporterField: string): FieldError[] => {
  const errors: FieldError[] = [];
  if (event.eventTime) checkNew(errors, event, reporterField);
  else checkOld(errors, event);
  const { namespace = '' } = event.metadata;
  checkRule(errors, 'namespace', namespace, dns1123Subdomain(namespace));
  return errors;
};

/** Errors of an event of the core API, new or changed. */
export const validateCoreEvent = (object: KubeObject): FieldError[] =>
  checkAny(object as Event, 'reportingComponent');

const checkSeries = (errors: Errors, { series }: Event): void => {
  if (!series) return;
  if ((series.count ?? 0) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'));
  if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'));
};

const UNSET = 'needs to be unset';

const checkUnset = (errors: Errors, event: Event): void => {
  const { firstTimestamp, lastTimestamp, count, source } = event;
  if (firstTimestamp) errors.push(invalidValue('firstTimestamp', '', UNSET));
  if (lastTimestamp) errors.push(invalidValue('lastTimestamp', '', UNSET));
  if (count) errors.push(invalidValue('count', '', UNSET));
  if (source?.component || source?.host) errors.push(invalidValue('source', '', UNSET));
};

/** Errors of a new event of events.k8s.io, in the stored (core) form. */
export const validateEvent = (object: KubeObject): FieldError[] => {
  const event = object as Event;
  const errors = checkAny(event, 'reportingController');
  checkSeries(errors, event);
  if (!event.eventTime) errors.push(required('eventTime'));
  const { type = '' } = event;
  if (type !== 'Normal' && type !== 'Warning') {
    errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  }
  checkUnset(errors, event);
  return errors;
};

/** Fields that stay, in upstream's order (one of them it looks at twice). */
const FIXED = [
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingController',
  'reportingInstance',
] as const;

const TEXTS: ReadonlySet<string> = new Set([
  'reason',
  'message',
  'type',
  'action',
  'reportingController',
  'reportingInstance',
]);

const shownField = (event: Event, field: (typeof FIXED)[number]): unknown => {
  if (field === 'source') return { Component: event.source?.component ?? '', Host: event.source?.host ?? '' };
  if (field === 'related') return event.related && internalForm('ObjectReference', event.related);
  if (field === 'count') return event.count ?? 0;
  const value = field === 'reportingController' ? event.reportingComponent : event[field];
  return value ?? (TEXTS.has(field) ? '' : undefined);
};

/** Errors of a changed event of events.k8s.io: only its series may change. */
export const validateEventUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const event = object as Event;
  const old = before as Event;
  const errors = checkAny(event, 'reportingController');
  if (!isSame(event.series, old.series)) checkSeries(errors, event);
  const about = internalForm('ObjectReference', event.involvedObject);
  checkImmutable(errors, 'involvedObject', about, internalForm('ObjectReference', old.involvedObject));
  for (const field of FIXED) checkImmutable(errors, field, shownField(event, field), shownField(old, field));
  return errors;
};
