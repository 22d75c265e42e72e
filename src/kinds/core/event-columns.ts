/** Events in tables (upstream: printEvent, 1.36). Both event APIs show the same rows. */

import type { Instant } from '../../machinery/time.ts';
import { column, printSince, wideColumn } from '../common/columns.ts';
import type { Column } from '../define.ts';
import type { Event } from '../generated/types.ts';

const firstSeen = (event: Event, now: Instant): string =>
  printSince(event.firstTimestamp || event.eventTime, now);

const lastSeen = (event: Event, now: Instant): string => {
  if (event.series) return printSince(event.series.lastObservedTime, now);
  return event.lastTimestamp ? printSince(event.lastTimestamp, now) : firstSeen(event, now);
};

const printObject = ({ involvedObject }: Event): string => {
  const kind = (involvedObject.kind ?? '').toLowerCase();
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind;
};

const printSource = (event: Event): string => {
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event.reportingInstance || '';
  return instance === '' ? component : `${component}, ${instance}`;
};

export const eventColumns: readonly Column[] = [
  column<Event>('Last Seen', 'string', lastSeen),
  column<Event>('Type', 'string', (event) => event.type ?? ''),
  column<Event>('Reason', 'string', (event) => event.reason ?? ''),
  column<Event>('Object', 'string', printObject),
  wideColumn<Event>('Subobject', 'string', (event) => event.involvedObject.fieldPath ?? ''),
  wideColumn<Event>('Source', 'string', printSource),
  column<Event>('Message', 'string', (event) => (event.message ?? '').trim()),
  wideColumn<Event>('First Seen', 'string', firstSeen),
  wideColumn<Event>('Count', 'string', (event) =>
    event.series ? (event.series.count ?? 0) : event.count || 1,
  ),
  column<Event>('Name', 'string', (event) => event.metadata.name ?? '', { format: 'name', priority: 1 }),
];
