import type { Draft } from '../../machinery/object.ts';
import { builtin, schemaOf, servedVersion } from '../common/builtin.ts';
import { objectLabels, plainEventLabels, reporterLabel } from '../core/event.ts';
import { eventColumns } from '../core/event-columns.ts';
import { validateEvent, validateEventUpdate } from '../core/event-validation.ts';

/** Names that differ between the two event APIs: [core, events.k8s.io]. */
const RENAMED: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

const rename = (draft: Draft, from: string, to: string): void => {
  const value = draft[from];
  delete draft[from];
  if (value !== undefined) draft[to] = value;
};

const toCore = (draft: Draft): void => {
  draft['apiVersion'] = 'v1';
  for (const [core, own] of RENAMED) rename(draft, own, core);
  if (draft['involvedObject'] === undefined) draft['involvedObject'] = {};
};

const fromCore = (draft: Draft): void => {
  draft['apiVersion'] = 'events.k8s.io/v1';
  for (const [core, own] of RENAMED) rename(draft, core, own);
};

/** Events under their newer API: the same rows as core events, with other field names. */
export const eventsEvent = builtin({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  namespaced: true,
  shortNames: ['ev'],
  createOnUpdate: true,
  storageGroup: '',
  storageSchema: () => schemaOf('', 'v1', 'Event'),
  storedAs: { group: '', version: 'v1' },
  served: [servedVersion('events.k8s.io', 'v1', 'Event', { toStorage: toCore, fromStorage: fromCore })],
  fieldLabels: { namespace: true },
  fieldIndexes: { 'regarding.uid': 'events/involved' },
  selectableFields: {
    ...objectLabels('regarding'),
    ...plainEventLabels,
    reportingController: reporterLabel,
  },
  validate: validateEvent,
  validateUpdate: validateEventUpdate,
  columns: eventColumns,
});
