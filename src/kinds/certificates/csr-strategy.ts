/** Writes of signing requests (upstream: pkg/registry/certificates/certificates/strategy.go, 1.36). */

import { cloneJson } from '../../machinery/deep.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import { printTime } from '../../machinery/time.ts';
import { child, ensure, fieldsOf, items, keep, setZero, sizeOf, text } from '../common/draft.ts';
import type { Kind, StrategyContext } from '../define.ts';

/** Who asks is taken from the request, never from the body. */
const stampRequester = (draft: Draft, context: StrategyContext): void => {
  const { username, uid, groups, extra } = context.identity;
  const spec = ensure(draft, 'spec');
  for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field];
  spec['username'] = username;
  if (uid) spec['uid'] = uid;
  if (groups.length > 0) spec['groups'] = [...groups];
  if (extra && sizeOf(extra) > 0) spec['extra'] = cloneJson(extra);
};

const conditionsOf = (holder: Draft): Draft[] => items(child(holder, 'status'), 'conditions');

/** New conditions get the present time; a condition that only repeats its status keeps the old transition. */
const stampConditions = (draft: Draft, old: KubeObject, context: StrategyContext): void => {
  const now = printTime(context.now);
  const before = conditionsOf(fieldsOf(old));
  for (const condition of conditionsOf(draft)) {
    setZero(condition, 'lastUpdateTime', now);
    const same = before.find(
      (candidate) => candidate['type'] === condition['type'] && candidate['status'] === condition['status'],
    );
    setZero(condition, 'lastTransitionTime', text(same, 'lastTransitionTime') || now);
  }
};

const DECISIONS = ['Approved', 'Denied'];

/** Approval and denial are decided elsewhere: a status write keeps them as they are. */
const keepDecisions = (draft: Draft, old: KubeObject): void => {
  const isDecision = (condition: Draft) => DECISIONS.includes(text(condition, 'type'));
  const before = conditionsOf(fieldsOf(old)).filter(isDecision);
  const others = conditionsOf(draft).filter((condition) => !isDecision(condition));
  if (before.length + others.length === 0) return;
  ensure(draft, 'status')['conditions'] = [...cloneJson(before), ...others];
};

const keepCertificate = (draft: Draft, old: KubeObject): void => {
  const certificate = child(fieldsOf(old), 'status')?.['certificate'];
  if (certificate === undefined) delete ensure(draft, 'status')['certificate'];
  else ensure(draft, 'status')['certificate'] = certificate;
};

export const csrStrategy: Pick<Kind, 'hasStatus' | 'prepareForCreate' | 'prepareForUpdate'> = {
  hasStatus: true,
  prepareForCreate: (draft, context) => {
    stampRequester(draft, context);
    delete draft['status'];
  },
  prepareForUpdate: (draft, old, context) => {
    keep(draft, old, 'spec');
    if (context.subresource === 'status') {
      keepDecisions(draft, old);
      stampConditions(draft, old, context);
    } else if (context.subresource === 'approval') {
      keepCertificate(draft, old);
      stampConditions(draft, old, context);
    } else {
      keep(draft, old, 'status');
    }
  },
};
