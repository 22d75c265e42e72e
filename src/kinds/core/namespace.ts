import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { descend, ensure, fieldsOf, setZero, text } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import type { Namespace } from '../generated/types.ts';
import {
  validateNamespace,
  validateNamespaceStatus,
  validateNamespaceUpdate,
} from './namespace-validation.ts';

const FINALIZER = 'kubernetes';
const NAME_LABEL = 'kubernetes.io/metadata.name';

const labelWithName = (draft: Draft): void => {
  const metadata = ensure(draft, 'metadata');
  const name = text(metadata, 'name');
  if (name !== '') ensure(metadata, 'labels')[NAME_LABEL] = name;
};

const finalizersOf = (draft: Draft | undefined): readonly unknown[] => {
  const value = descend(draft, 'spec')?.['finalizers'];
  return Array.isArray(value) ? value : [];
};

/** Deletion of a namespace waits for this finalizer of spec, which only the `finalize` subresource removes. */
const addFinalizer = (draft: Draft): void => {
  const finalizers = finalizersOf(draft);
  if (!finalizers.includes(FINALIZER)) ensure(draft, 'spec')['finalizers'] = [...finalizers, FINALIZER];
};

const keepFinalizers = (draft: Draft, old: KubeObject): void => {
  const finalizers = finalizersOf(fieldsOf(old));
  const spec = ensure(draft, 'spec');
  if (finalizers.length === 0) delete spec['finalizers'];
  else spec['finalizers'] = [...finalizers];
};

export const namespace = builtin({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  nameRule: 'dns-label',
  defaults: (draft) => {
    labelWithName(draft);
    setZero(ensure(draft, 'status'), 'phase', 'Active');
  },
  ...withStatus({
    initial: () => ({ phase: 'Active' }),
    create: (draft) => {
      addFinalizer(draft);
      labelWithName(draft);
    },
    update: (draft, old, context) => {
      if (context.subresource !== 'finalize') keepFinalizers(draft, old);
      labelWithName(draft);
    },
  }),
  connects: [
    { name: 'finalize', kind: 'Namespace', group: '', version: 'v1', verbs: ['update'], serves: 'self' },
  ],
  fieldLabels: { namespace: false },
  selectableFields: { 'status.phase': (object) => (object as Namespace).status?.phase ?? '' },
  validate: validateNamespace,
  validateUpdate: validateNamespaceUpdate,
  validateStatusUpdate: validateNamespaceStatus,
  columns: [
    nameColumn,
    column<Namespace>('Status', 'string', (object) => object.status?.phase ?? ''),
    ageColumn,
  ],
});
