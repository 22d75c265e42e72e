/** What can be told of a loop without playing it. */

import type { Node } from './parse.ts';

/** Whether anything in the tree could end a loop around it. */
export const canLeave = (node: Node): boolean => {
  switch (node.kind) {
    case 'simple':
      return ['break', 'exit', 'return', 'exec', 'kill'].includes(node.words[0] ?? '');
    case 'list':
      return node.items.some((item) => canLeave(item.node));
    case 'pipe':
      return node.parts.some(canLeave);
    case 'loop':
      return canLeave(node.test) || canLeave(node.body);
    case 'if':
      return (
        node.arms.some(({ test, body }) => canLeave(test) || canLeave(body)) ||
        (node.otherwise !== undefined && canLeave(node.otherwise))
      );
    case 'for':
    case 'group':
      return canLeave(node.body);
    default:
      return node satisfies never;
  }
};

/** `while true`, `while :`, `while [ 1 ]`: a loop that its test never ends. */
export const isAlways = (test: Node): boolean => {
  const [item] = test.kind === 'list' && test.items.length === 1 ? test.items : [];
  const words = item?.node.kind === 'simple' ? item.node.words.join(' ') : '';
  return ['true', ':', '[ 1 ]', '[ true ]', '[[ true ]]', '[ : ]'].includes(words);
};
