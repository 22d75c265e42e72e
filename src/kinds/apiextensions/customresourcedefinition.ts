import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { plainColumns } from '../common/columns.ts';
import { child, descend, ensure, isAbsent, items, setAbsent, setZero, text } from '../common/draft.ts';
import { withStatus } from '../common/strategy.ts';
import {
  validateDefinition,
  validateDefinitionStatus,
  validateDefinitionUpdate,
} from './definition-validation.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  const names = ensure(spec, 'names');
  const kind = text(names, 'kind');
  if (kind !== '') {
    setZero(names, 'singular', kind.toLowerCase());
    setZero(names, 'listKind', `${kind}List`);
  }
  if (isAbsent(spec, 'conversion')) spec['conversion'] = { strategy: 'None' };
  const service = descend(spec, 'conversion', 'webhook', 'clientConfig', 'service');
  if (service) setAbsent(service, 'port', 443);
};

/** Every version objects were ever stored at is listed until an administrator says none is left. */
const noteStoredVersion = (draft: Draft): void => {
  const stored = items(child(draft, 'spec'), 'versions').find((version) => version['storage'] === true);
  const name = text(stored, 'name');
  if (name === '') return;
  const status = ensure(draft, 'status');
  const known = Array.isArray(status['storedVersions']) ? status['storedVersions'] : [];
  if (!known.includes(name)) status['storedVersions'] = [...known, name];
};

export const customResourceDefinition = builtin({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  storedAs: { group: 'apiextensions.k8s.io', version: 'v1beta1' },
  unconditionalUpdate: false,
  generationFields: ['spec'],
  defaults,
  ...withStatus({
    metadata: 'all',
    create: noteStoredVersion,
    update: (draft: Draft, _old: KubeObject) => noteStoredVersion(draft),
  }),
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: validateDefinitionStatus,
  columns: plainColumns,
});
