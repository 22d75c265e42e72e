import type { Identity } from '../../auth/identity.ts';
import { serviceAccountGroups, serviceAccountUsername } from '../../auth/service-account-names.ts';
import type { NodeSpec } from '../../cluster/contract.ts';
import type { Check, Exercise, Predicate, Step } from '../../exercise/contract.ts';
import type { PredicateInput } from './check-schema.ts';
import type { Template, TemplateCheck, TemplatePersona, TemplateStep, TemplateSubject } from './schema.ts';

const AUTHENTICATED = 'system:authenticated';

const accountIdentity = ({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): Identity => ({
  username: serviceAccountUsername(namespace, name),
  groups: [...serviceAccountGroups(namespace), AUTHENTICATED],
});

/** Who a persona is inside the cluster. */
export const identityOfPersona = (persona: TemplatePersona): Identity => {
  if (persona.serviceAccount !== undefined) return accountIdentity(persona.serviceAccount);
  return { username: persona.user ?? '', groups: [...(persona.groups ?? []), AUTHENTICATED] };
};

/** A reference to a persona that does not exist. */
export class UnknownPersonaError extends Error {}

const findPersona = (personas: readonly TemplatePersona[], name: string): TemplatePersona => {
  const found = personas.find((persona) => persona.name === name);
  if (found === undefined) throw new UnknownPersonaError(`there is no persona "${name}"`);
  return found;
};

const identityOfSubject = (personas: readonly TemplatePersona[], subject: TemplateSubject): Identity => {
  const { persona, user, groups, serviceAccount } = subject;
  if (persona !== undefined) return identityOfPersona(findPersona(personas, persona));
  if (serviceAccount !== undefined) return accountIdentity(serviceAccount);
  return {
    username: user ?? '',
    groups: [...(groups ?? []), ...(user === undefined ? [] : [AUTHENTICATED])],
  };
};

/** A condition as the cluster judges it. Throws UnknownPersonaError. */
export const compilePredicate = (personas: readonly TemplatePersona[], input: PredicateInput): Predicate => {
  const { object, cel, authz, audit, all, any, not, stable } = input;
  const compile = (part: PredicateInput) => compilePredicate(personas, part);
  if (authz !== undefined) {
    const { can, cannot, only } = authz;
    return { authz: { subject: identityOfSubject(personas, authz), can, cannot, only } };
  }
  if (audit !== undefined) {
    const { persona, user, ...rest } = audit;
    const username =
      persona === undefined ? user : identityOfPersona(findPersona(personas, persona)).username;
    return { audit: { username, ...rest } };
  }
  if (object !== undefined) return { object };
  if (cel !== undefined) return { cel };
  if (all !== undefined) return { all: all.map(compile) };
  if (any !== undefined) return { any: any.map(compile) };
  if (not !== undefined) return { not: compile(not) };
  return stable === undefined ? {} : { stable: { seconds: stable.seconds, check: compile(stable.check) } };
};

const compileCheck = (personas: readonly TemplatePersona[], check: TemplateCheck): Check => ({
  id: check.id,
  points: check.points,
  ...(check.requires === undefined ? {} : { requires: check.requires }),
  ...compilePredicate(personas, check),
});

/** Every check of a template, in the order of its tasks. */
export const checksOf = (template: Template): readonly TemplateCheck[] =>
  template.tasks.flatMap(({ checks }) => checks);

/** Points of all checks. */
export const pointsOf = (template: Template): number =>
  checksOf(template).reduce((sum, { points }) => sum + points, 0);

/** Steps as the cluster does them. */
export const compileSteps = (steps: readonly TemplateStep[]): readonly Step[] => steps as readonly Step[];

/** A filled template as a cluster plays it. Throws UnknownPersonaError. */
export const compileExercise = (template: Template): Exercise => ({
  manifests: template.manifests,
  setup: compileSteps(template.setup),
  actors: Object.fromEntries(template.personas.map((persona) => [persona.name, identityOfPersona(persona)])),
  checks: checksOf(template).map((check) => compileCheck(template.personas, check)),
  ageSeconds: template.cluster.ageSeconds,
  ...(template.cluster.clock.start === undefined
    ? {}
    : { startsAt: Date.parse(template.cluster.clock.start) }),
  pace: { paused: template.cluster.clock.paused, rate: template.cluster.clock.rate },
});

/** The worker nodes a template asks for. */
export const nodesOf = ({ cluster: { nodes } }: Template): readonly NodeSpec[] =>
  typeof nodes === 'number'
    ? Array.from({ length: nodes }, (_, index) => ({ name: `worker-${index + 1}`, cpu: '4', memory: '8Gi' }))
    : (nodes as readonly NodeSpec[]);

/** Cluster time at which the learner starts, and from which the cluster is made. `now` is the wall clock. */
export const startOf = (template: Template, now: number): number => {
  const { clock, ageSeconds } = template.cluster;
  return (clock.start === undefined ? now : Date.parse(clock.start)) - ageSeconds * 1000;
};
