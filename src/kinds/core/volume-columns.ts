/** Cell texts that volumes and claims share. */

import { printQuantity, quantityOf } from '../../machinery/quantity.ts';

const SHORT_MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** Access modes in their short form, in upstream's fixed order. */
export const printAccessModes = (modes: readonly string[] | undefined): string =>
  SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');

/** The `storage` entry of a resource list, canonical; `0` when there is none. */
export const printStorage = (resources: Readonly<Record<string, unknown>> | undefined): string =>
  printQuantity(quantityOf(resources?.['storage']));

/** The class of a volume or claim: the old annotation wins, as upstream has it. */
export const storageClassOf = (
  annotations: Readonly<Record<string, string>> | undefined,
  className: string | undefined,
): string => annotations?.['volume.beta.kubernetes.io/storage-class'] ?? className ?? '';
