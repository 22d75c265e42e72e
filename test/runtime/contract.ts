/** Holds answers of the control API to what their routes say of them. */

import { ROUTES } from '../../src/edge/control/routes.ts';

const patterns = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^/v1${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** What is wrong with an answer; empty when nothing is. Literal paths go before those with parameters. */
export const contractBreaches = async (method: string, path: string, answer: Response): Promise<string[]> => {
  const [bare = ''] = path.split('?');
  const matching = patterns.filter(({ route, pattern }) => route.method === method && pattern.test(bare));
  const found = matching.find(({ route }) => !route.path.includes('{')) ?? matching[0];
  if (found === undefined || answer.status >= 400) return [];
  const described = found.route.answers[answer.status];
  if (described === undefined) return [`${found.route.id} does not describe ${answer.status}`];
  if (described.schema === undefined) return [];
  // Some answers also come as YAML, for those who ask.
  if (!(answer.headers.get('content-type') ?? '').includes('json')) return [];
  const read = described.schema.safeParse(await answer.clone().json());
  return (read.error?.issues ?? []).map(
    (issue) => `${found.route.id}: ${issue.path.join('.')}: ${issue.message}`,
  );
};
