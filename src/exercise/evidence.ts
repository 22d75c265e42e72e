import type { Bounds, Localized } from './contract.ts';
import type { Mismatch } from './match.ts';

/** The sentences of verdicts, in every language. Names and values stand as they are. */

const both = (en: string, zh: string): Localized => ({ en, zh });

/** `Role "reader" in namespace "team-a"`, or `any Role in namespace "team-a" with app=web`. */
export const describeSelection = (selection: {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly selector?: string | undefined;
}): Localized => {
  const { kind, namespace, name, selector } = selection;
  const which = name === undefined ? kind : `${kind} "${name}"`;
  const en = namespace === undefined ? '' : ` in namespace "${namespace}"`;
  const zh = namespace === undefined ? '' : `（命名空间 "${namespace}"）`;
  const labels = selector === undefined ? '' : ` (${selector})`;
  return both(`${which}${labels}${en}`, `${which}${labels}${zh}`);
};

const printBounds = ({ min, max }: Bounds): Localized => {
  if (min !== undefined && min === max) return both(`exactly ${min}`, `恰好 ${min} 个`);
  if (max === undefined) return both(`at least ${min ?? 0}`, `至少 ${min ?? 0} 个`);
  if (min === undefined) return both(`at most ${max}`, `最多 ${max} 个`);
  return both(`${min} to ${max}`, `${min} 到 ${max} 个`);
};

/** Makers of sentences. */
export const say = {
  found: (what: Localized) => both(`${what.en} is as asked.`, `${what.zh} 符合要求。`),
  notFound: (what: Localized) => both(`${what.en} does not exist.`, `${what.zh} 不存在。`),
  gone: (what: Localized) => both(`${what.en} is not there, as asked.`, `${what.zh} 不存在，符合要求。`),
  unwanted: (what: Localized) => both(`${what.en} exists but must not.`, `${what.zh} 存在，但不应存在。`),
  differs: (what: Localized, { path, wanted, found }: Mismatch) =>
    both(
      `${what.en}: ${path || 'the object'} should be ${wanted}, found ${found}.`,
      `${what.zh}：${path || '对象'} 应为 ${wanted}，实际为 ${found}。`,
    ),
  counted: (what: Localized, count: number, bounds: Bounds) => {
    const wanted = printBounds(bounds);
    return both(
      `${count} × ${what.en} as asked; wanted ${wanted.en}.`,
      `符合要求的 ${what.zh} 有 ${count} 个；需要${wanted.zh}。`,
    );
  },
  noKind: (apiVersion: string, kind: string) =>
    both(`The cluster does not serve ${kind} of ${apiVersion}.`, `集群不提供 ${apiVersion} 的 ${kind}。`),
  noResource: (resource: string) =>
    both(`The cluster does not serve the resource "${resource}".`, `集群不提供资源 "${resource}"。`),
  noNamespace: (namespace: string) =>
    both(`The namespace "${namespace}" does not exist.`, `命名空间 "${namespace}" 不存在。`),
  broken: (reason: string) => both(`The check could not be judged: ${reason}`, `无法判定此检查：${reason}`),
  expressionTrue: () => both('The condition holds.', '条件成立。'),
  expressionFalse: (expression: string) =>
    both(`The condition does not hold: ${expression}`, `条件不成立：${expression}`),
  can: (who: string, what: string) =>
    both(`${who} can ${what}, as asked.`, `${who} 可以 ${what}，符合要求。`),
  cannot: (who: string, what: string) =>
    both(`${who} cannot ${what}, as asked.`, `${who} 不能 ${what}，符合要求。`),
  shouldCan: (who: string, what: string, reason: string) =>
    both(
      `${who} should be able to ${what} but cannot${reason === '' ? '' : ` (${reason})`}.`,
      `${who} 应该可以 ${what}，但实际不能${reason === '' ? '' : `（${reason}）`}。`,
    ),
  shouldNotCan: (who: string, what: string, reason: string) =>
    both(
      `${who} can ${what} but must not${reason === '' ? '' : ` (${reason})`}.`,
      `${who} 可以 ${what}，但不应可以${reason === '' ? '' : `（${reason}）`}。`,
    ),
  tooMuch: (who: string, what: string, source: string) =>
    both(
      `${who} has more than needed: ${what} (${source}).`,
      `${who} 的权限超出所需：${what}（${source}）。`,
    ),
  nearest: (sentence: string) => both(`Nearest: ${sentence}`, `最接近的授权：${sentence}`),
  noMore: (who: string) => both(`${who} has no more rights than needed.`, `${who} 没有多余的权限。`),
  superuser: (who: string) =>
    both(`${who} is in system:masters and may do everything.`, `${who} 属于 system:masters，可以做任何事。`),
  audited: (what: string, count: number, bounds: Bounds) => {
    const wanted = printBounds(bounds);
    return both(
      `The audit log has ${count} requests "${what}"; wanted ${wanted.en}.`,
      `审计日志中有 ${count} 条请求“${what}”；需要${wanted.zh}。`,
    );
  },
  auditTruncated: () =>
    both(
      'The oldest requests since the start are no longer in the audit log.',
      '开始以来最早的请求已不在审计日志中。',
    ),
  notYetStable: (held: number, wanted: number) =>
    both(
      `It has held for ${held} s; it must hold for ${wanted} s.`,
      `已保持 ${held} 秒；须保持 ${wanted} 秒。`,
    ),
  stable: (seconds: number) => both(`It has held for ${seconds} s.`, `已保持 ${seconds} 秒。`),
  unstable: (time: string, seconds: number) =>
    both(
      `It did not hold at ${time}; it must hold for ${seconds} s without a break.`,
      `在 ${time} 不成立；须连续保持 ${seconds} 秒。`,
    ),
  negated: () => both('The opposite is asked.', '要求的是相反的情形。'),
  waitsFor: (ids: readonly string[]) =>
    both(`Not judged until ${ids.join(', ')} passes.`, `须先通过 ${ids.join('、')} 才会判定。`),
} as const;
