import type { KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import type { Kind } from '../define.ts';
import type { Event } from '../generated/types.ts';
import { eventColumns } from './event-columns.ts';
import { validateCoreEvent } from './event-validation.ts';

const field =
  (read: (event: Event) => string | undefined) =>
  (object: KubeObject): string =>
    read(object as Event) ?? '';

/** Field labels of an event about its object, under either API's prefix. */
export const objectLabels = (prefix: string): Kind['selectableFields'] => ({
  [`${prefix}.kind`]: field((event) => event.involvedObject.kind),
  [`${prefix}.namespace`]: field((event) => event.involvedObject.namespace),
  [`${prefix}.name`]: field((event) => event.involvedObject.name),
  [`${prefix}.uid`]: field((event) => event.involvedObject.uid),
  [`${prefix}.apiVersion`]: field((event) => event.involvedObject.apiVersion),
  [`${prefix}.resourceVersion`]: field((event) => event.involvedObject.resourceVersion),
  [`${prefix}.fieldPath`]: field((event) => event.involvedObject.fieldPath),
});

/** The other labels that both event APIs know. */
export const plainEventLabels: Kind['selectableFields'] = {
  reason: field((event) => event.reason),
  type: field((event) => event.type),
};

/** The label of the reporting component, whose name differs between the APIs. */
export const reporterLabel = field((event) => event.reportingComponent);

export const event = builtin({
  group: '',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  namespaced: true,
  shortNames: ['ev'],
  createOnUpdate: true,
  fieldLabels: { namespace: true },
  fieldIndexes: { 'involvedObject.uid': 'events/involved' },
  selectableFields: {
    ...objectLabels('involvedObject'),
    ...plainEventLabels,
    reportingComponent: reporterLabel,
    source: field((object) => object.source?.component || object.reportingComponent),
  },
  indexes: {
    'events/involved': (object) => {
      // Some Events name an object without saying which of that name.
      const { uid, namespace = '', name = '' } = (object as Event).involvedObject;
      return [uid || `${namespace}/${name}`];
    },
  },
  validate: validateCoreEvent,
  validateUpdate: validateCoreEvent,
  columns: eventColumns,
});
