import type { KubeObject } from '../machinery/object.ts';
import { matchesLabels, parseLabelSelector } from '../machinery/selector.ts';
import type { Finding, ObjectCheck, Selection } from './contract.ts';
import { describeSelection, say } from './evidence.ts';
import { errorFinding, failed, passed } from './finding.ts';
import { type Mismatch, mismatches } from './match.ts';
import { kindOf, prefixOf, type World } from './world.ts';

/** Differences shown of the nearest object. */
const SHOWN = 4;

/** Objects a selection names, in key order; a failure when the cluster does not know their kind. */
export type Selected =
  | { readonly ok: true; readonly objects: readonly KubeObject[] }
  | { readonly ok: false; readonly finding: Finding };

/** Reads what a selection names. A name without a namespace means `default` for namespaced kinds. */
export const select = (world: World, selection: Selection): Selected => {
  const { apiVersion, kind, name } = selection;
  const resolved = kindOf(world, apiVersion, kind);
  if (resolved === undefined) return { ok: false, finding: errorFinding(say.noKind(apiVersion, kind)) };
  const terms = parseLabelSelector(selection.selector ?? '');
  if (!terms.ok) return { ok: false, finding: errorFinding(say.broken(terms.error)) };
  const { namespaced } = resolved.kind;
  const chosen = (objects: readonly KubeObject[]): Selected => ({
    ok: true,
    objects: objects
      .filter((object) => matchesLabels(terms.value, object.metadata.labels))
      .map((object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion })),
  });
  if (name === undefined)
    return chosen(world.scan(prefixOf(resolved, namespaced ? selection.namespace : undefined)));
  const namespace = namespaced ? (selection.namespace ?? 'default') : '';
  const object = world.get(`${prefixOf(resolved, namespace)}${name}`);
  return chosen(object === undefined ? [] : [object]);
};

interface Candidate {
  readonly object: KubeObject;
  readonly differences: readonly Mismatch[];
}

const nearest = (candidates: readonly Candidate[]): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>(
    (best, each) => (best === undefined || each.differences.length < best.differences.length ? each : best),
    undefined,
  );

const describe = (object: KubeObject) =>
  describeSelection({
    kind: object.kind,
    name: object.metadata.name,
    namespace: object.metadata.namespace,
  });

const judgeMissing = (check: ObjectCheck, candidates: readonly Candidate[]): Finding => {
  const best = nearest(candidates);
  if (best === undefined) return failed(say.notFound(describeSelection(check)));
  return failed(...best.differences.slice(0, SHOWN).map((each) => say.differs(describe(best.object), each)));
};

/** Judges an assertion about objects. */
export const judgeObject = (world: World, check: ObjectCheck): Finding => {
  const selected = select(world, check);
  if (!selected.ok) return selected.finding;
  const candidates = selected.objects.map((object) => ({
    object,
    differences: mismatches(check.match, object),
  }));
  const matching = candidates.filter(({ differences }) => differences.length === 0);
  const first = matching[0];
  if (check.absent) {
    return first === undefined
      ? passed(say.gone(describeSelection(check)))
      : failed(say.unwanted(describe(first.object)));
  }
  if (check.count !== undefined) {
    const { min = 0, max = Number.POSITIVE_INFINITY } = check.count;
    const counted = say.counted(describeSelection(check), matching.length, check.count);
    if (matching.length >= min && matching.length <= max) return passed(counted);
    const best = nearest(candidates.filter(({ differences }) => differences.length > 0));
    const more =
      matching.length < min && best !== undefined
        ? best.differences.slice(0, SHOWN).map((each) => say.differs(describe(best.object), each))
        : [];
    return failed(counted, ...more);
  }
  return first === undefined ? judgeMissing(check, candidates) : passed(say.found(describe(first.object)));
};
