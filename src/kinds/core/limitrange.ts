import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { plainColumns } from '../common/columns.ts';
import { child, descend, ensure, items, setAbsents } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';

/** For containers, a limit defaults to the maximum and a request to the limit, else to the minimum. */
const defaultItem = (item: Draft): void => {
  roundLists(item, 'max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio');
  if (item['type'] !== 'Container') return;
  const limits = ensure(item, 'default');
  const requests = ensure(item, 'defaultRequest');
  setAbsents(limits, child(item, 'max') ?? {});
  setAbsents(requests, limits);
  setAbsents(requests, child(item, 'min') ?? {});
};

export const limitRange = builtin({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  namespaced: true,
  shortNames: ['limits'],
  createOnUpdate: true,
  defaults: (draft) => items(descend(draft, 'spec'), 'limits').forEach(defaultItem),
  columns: plainColumns,
});
