/** Lifecycle hooks: how long they take and whether they work (pkg/kubelet/lifecycle, 1.36). */

import type { LifecycleHandler } from '../kinds/generated/types.ts';
import { execute } from './commands.ts';
import { findImage } from './images.ts';
import { podLabel } from './references.ts';
import type { FileSpan, Played } from './shell/surroundings.ts';
import { surroundingsOf } from './surroundings.ts';
import type { Sync, Unit } from './sync.ts';

/** Plays a hook's command in its container; `undefined` for hooks without one. */
const play = (sync: Sync, unit: Unit, hook: LifecycleHandler | undefined): Played | undefined => {
  const image = findImage(unit.container.image ?? '');
  if (hook?.exec === undefined || typeof image === 'string') return undefined;
  return execute(hook.exec.command ?? [], surroundingsOf(sync, unit.container, image, sync.now));
};

/** How long the preStop hook keeps the container alive; Infinity for a command that never ends. */
export const hookMs = (sync: Sync, unit: Unit): number => {
  const hook = unit.container.lifecycle?.preStop;
  if (hook?.sleep !== undefined) return hook.sleep.seconds * 1000;
  const played = play(sync, unit, hook);
  if (played === undefined) return 0;
  // A program nobody knows is taken to be a quick one.
  if (played.endless !== undefined) return played.endless.heedsStop ? 0 : Number.POSITIVE_INFINITY;
  return played.ms;
};

/** What a postStart hook comes to. */
export interface PostStart {
  readonly ms: number;
  /** Files it leaves. */
  readonly files: readonly FileSpan[];
  /** The kubelet's words, when it fails. */
  readonly failure?: string;
}

/** What the postStart hook comes to; `undefined` when there is none. */
export const postStart = (sync: Sync, unit: Unit): PostStart | undefined => {
  const { lifecycle, name } = unit.container;
  const hook = lifecycle?.postStart;
  if (hook === undefined) return undefined;
  if (hook.sleep !== undefined) return { ms: hook.sleep.seconds * 1000, files: [] };
  const played = play(sync, unit, hook);
  if (played === undefined || played.endless !== undefined) return { ms: 0, files: [] };
  const { ms, files, code } = played;
  if (code === 0) return { ms, files };
  const command = (hook.exec?.command ?? []).join(' ');
  const output = played.lines.map((line) => `${line.text}\n`).join('');
  return {
    ms,
    files,
    failure:
      `Exec lifecycle hook ([${command}]) for Container "${name}" in Pod "${podLabel(sync.pod)}" failed - error: ` +
      `command '${command}' exited with ${code}: ${output}, message: ${JSON.stringify(output)}`,
  };
};
