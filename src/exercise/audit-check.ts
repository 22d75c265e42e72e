import { splitResource } from './access-check.ts';
import type { AuditCheck, Finding } from './contract.ts';
import { say } from './evidence.ts';
import { errorFinding, failed, passed } from './finding.ts';
import type { AuditFact, World } from './world.ts';

/** Facts looked at beyond the bounds of a check are of no interest. */
const LIMIT = 10_000;

const outcomeOf = (code: number): NonNullable<AuditCheck['outcome']> => {
  if (code === 403) return 'denied';
  return code < 400 ? 'allowed' : 'failed';
};

const nameOf = ({ group, resource, subresource }: AuditFact): string =>
  `${group === '' ? resource : `${resource}.${group}`}${subresource === '' ? '' : `/${subresource}`}`;

const canonicalName = (text: string): string => {
  const { group, resource, subresource } = splitResource(text);
  return nameOf({ group, resource, subresource } as AuditFact);
};

const accepts = (check: AuditCheck): ((fact: AuditFact) => boolean) => {
  const { username, impersonating, verbs, namespace, name, outcome } = check;
  const resource = check.resource === undefined ? undefined : canonicalName(check.resource);
  return (fact) =>
    (username === undefined || fact.username === username) &&
    (impersonating === undefined || fact.impersonated === impersonating) &&
    (verbs === undefined || verbs.includes(fact.verb)) &&
    (resource === undefined || nameOf(fact) === resource) &&
    (namespace === undefined || fact.namespace === namespace) &&
    (name === undefined || fact.name === name) &&
    (outcome === undefined || outcomeOf(fact.code) === outcome);
};

const printCheck = (check: AuditCheck): string =>
  [
    check.username,
    check.impersonating === undefined ? undefined : `as ${check.impersonating}`,
    check.verbs?.join('/'),
    check.resource,
    check.name,
    check.namespace === undefined ? undefined : `in ${check.namespace}`,
    check.outcome,
  ]
    .filter((part) => part !== undefined)
    .join(' ');

/**
 * Judges what was asked of the API since the exercise began; without bounds once is enough. What the log has
 * forgotten can only raise the count: a lower bound that is met stays met, anything else is then an error.
 */
export const judgeAudit = (world: World, check: AuditCheck): Finding => {
  const bounds = check.count ?? { min: 1 };
  const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
  const count = world.audit.find(accepts(check), LIMIT).length;
  const sentence = say.audited(printCheck(check), count, bounds);
  const lost = world.audit.truncated;
  if (count > max) return failed(sentence);
  if (count >= min)
    return lost && max < LIMIT ? errorFinding(sentence, say.auditTruncated()) : passed(sentence);
  return lost ? errorFinding(sentence, say.auditTruncated()) : failed(sentence);
};
