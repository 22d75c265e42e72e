import { virtualKind } from '../common/builtin.ts';

export const binding = virtualKind({
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  namespaced: true,
});
