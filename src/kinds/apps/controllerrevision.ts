import { parseGroupVersion } from '../../machinery/names.ts';
import { controllerOf } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { controllerValues } from '../common/indexes.ts';
import type { ControllerRevision } from '../generated/types.ts';
import {
  validateControllerRevision,
  validateControllerRevisionUpdate,
} from './controllerrevision-validation.ts';

const printController = (object: ControllerRevision): string => {
  const owner = controllerOf(object);
  if (owner === undefined) return '<none>';
  const group = parseGroupVersion(owner.apiVersion)?.group ?? '';
  const kind = group === '' ? owner.kind : `${owner.kind}.${group}`;
  return `${kind.toLowerCase()}/${owner.name}`;
};

export const controllerRevision = builtin({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  namespaced: true,
  indexes: { 'controllerrevisions/controller': controllerValues },
  validate: validateControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
  columns: [
    nameColumn,
    column<ControllerRevision>('Controller', 'string', printController),
    column<ControllerRevision>('Revision', 'string', (object) => object.revision),
    ageColumn,
  ],
});
