import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { descend, setAbsent } from '../common/draft.ts';
import type { IngressClass } from '../generated/types.ts';
import { validateIngressClass, validateIngressClassUpdate } from './ingressclass-validation.ts';

const printParameters = (object: IngressClass): string => {
  const parameters = object.spec?.parameters;
  if (!parameters) return '<none>';
  const kind =
    parameters.apiGroup === undefined ? parameters.kind : `${parameters.kind}.${parameters.apiGroup}`;
  return `${kind}/${parameters.name}`;
};

export const ingressClass = builtin({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  namespaced: false,
  generationFields: ['spec'],
  defaults: (draft) => {
    const parameters = descend(draft, 'spec', 'parameters');
    if (parameters) setAbsent(parameters, 'scope', 'Cluster');
  },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  columns: [
    nameColumn,
    column<IngressClass>('Controller', 'string', (object) => object.spec?.controller ?? ''),
    column<IngressClass>('Parameters', 'string', printParameters),
    ageColumn,
  ],
});
