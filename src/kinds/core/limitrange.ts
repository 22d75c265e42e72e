import type { Draft } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { plainColumns } from '../common/columns.ts';
import { child, descend, ensure, items, setAbsents, text } from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import type { StrategyContext } from '../define.ts';
import { validateLimitRange } from './limitrange-validation.ts';

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

/** A nameless limit range is given a uid for a name. */
const nameIt = (draft: Draft, context: StrategyContext): void => {
  const metadata = ensure(draft, 'metadata');
  if (text(metadata, 'name') !== '') return;
  const digits = Array.from({ length: 32 }, (_, place) =>
    context.random(`limitrange/name/${place}`, 16).toString(16),
  );
  digits[12] = '4';
  metadata['name'] = digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

export const limitRange = builtin({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  namespaced: true,
  shortNames: ['limits'],
  createOnUpdate: true,
  prepareForCreate: nameIt,
  defaults: (draft) => items(descend(draft, 'spec'), 'limits').forEach(defaultItem),
  validate: validateLimitRange,
  validateUpdate: validateLimitRange,
  columns: plainColumns,
});
