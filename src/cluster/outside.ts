/**
 * Work that may ask the outside (see `machinery/outside.ts`): requests, which are answered `await` and come again with
 * the replies, and reconciles, which are parked until the replies are here.
 */

import type { CoreAwait } from '../api/contract.ts';
import type { OrderedController } from '../controllers/contract.ts';
import type { OutsideCall, OutsideReply, Resume } from '../machinery/outside.ts';
import { OutsideNeeded } from '../machinery/outside.ts';
import { makeStatus, StatusError } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';

/** After so many passes on a state that others kept changing the work is given up. */
const MAX_REPLANS = 3;
/** A parked reconcile is looked at again after this, should its replies be lost. */
const PARKED_MS = 60_000;
/** One whose replies never came begins anew after this. */
const STALE_MS = 120_000;

type Atomic = <Result>(work: () => Result) => Result;

type Outcome<Answer> =
  | { readonly answer: Answer }
  | { readonly calls: readonly OutsideCall[]; readonly resume: Resume };

export interface OutsideOptions {
  /** The turn's instant. */
  readonly now: () => Instant;
  readonly revision: () => number;
  /** Runs work so that an interruption leaves nothing behind. */
  readonly atomic: Atomic;
}

/** Work under way: what is pinned, and which replies it has used. */
interface Attempt extends Resume {
  /** The store's revision when this pass began. */
  readonly base: number;
  readonly used: Set<string>;
}

interface Parked {
  readonly controller: string;
  readonly key: string;
  resume: Resume;
  /** Ids of calls whose replies are still owed. */
  readonly owed: Set<string>;
}

/** Runs work that may be interrupted, and keeps what is interrupted. Memory only: lost work just begins anew. */
export class Outside {
  readonly #options: OutsideOptions;
  readonly #parked = new Map<string, Parked>();
  #wanted: OutsideCall[] = [];
  #attempt: Attempt | undefined;

  constructor(options: OutsideOptions) {
    this.#options = options;
  }

  /** The instant writes are stamped with: of the pass in which the work began. */
  now(): Instant {
    return this.#attempt?.now ?? this.#options.now();
  }

  /** What randomness is derived from beside its purpose: the same in every pass of the same work. */
  randomness(): { readonly revision: number; readonly prefix: string } {
    const attempt = this.#attempt;
    if (attempt === undefined) return { revision: this.#options.revision(), prefix: '' };
    const written = this.#options.revision() - attempt.base;
    return { revision: attempt.revision + written, prefix: `called/${attempt.now}/` };
  }

  /** Replies to calls; throws OutsideNeeded, or Conflict for work that others keep overtaking. */
  ask(calls: readonly OutsideCall[]): readonly OutsideReply[] {
    const attempt = this.#attempt;
    const missing = calls.filter(({ id }) => attempt?.replies[id] === undefined);
    if (attempt !== undefined) for (const { id } of calls) attempt.used.add(id);
    if (missing.length === 0) return calls.map(({ id }) => attempt?.replies[id] ?? { failure: 'no reply' });
    if (attempt !== undefined && this.#replansOf(attempt) > MAX_REPLANS) {
      const message =
        'Operation cannot be fulfilled: what it depends on was modified again and again while webhooks were asked; please try again';
      throw new StatusError(makeStatus(409, 'Conflict', message));
    }
    throw new OutsideNeeded(missing);
  }

  /** Serves a request: its answer, or the calls it waits for. */
  serve<Answer>(resume: Resume | undefined, work: () => Answer): Answer | CoreAwait {
    const outcome = this.#run(resume, work);
    if ('answer' in outcome) return outcome.answer;
    return { kind: 'await', calls: outcome.calls, resume: outcome.resume };
  }

  /** Runs a reconcile, with the replies it was parked for. Throws OutsideNeeded when it has to be parked. */
  reconcile<Answer>(controller: string, key: string, work: () => Answer): Answer {
    const id = `${controller}\n${key}`;
    const parked = this.#parked.get(id);
    const isStale = parked !== undefined && this.#options.now() - parked.resume.now > STALE_MS;
    let outcome: Outcome<Answer>;
    try {
      outcome = this.#run(isStale ? undefined : parked?.resume, work);
    } catch (error) {
      this.#parked.delete(id);
      throw error;
    }
    if ('answer' in outcome) {
      this.#parked.delete(id);
      return outcome.answer;
    }
    const before = isStale ? undefined : parked?.owed;
    const owed = new Set(outcome.calls.map((call) => call.id));
    this.#wanted.push(...outcome.calls.filter((call) => before?.has(call.id) !== true));
    this.#parked.set(id, { controller, key, resume: outcome.resume, owed });
    throw new OutsideNeeded(outcome.calls);
  }

  /** Calls that parked reconciles want made and nobody has been given yet. */
  takeCalls(): readonly OutsideCall[] {
    const taken = this.#wanted;
    this.#wanted = [];
    return taken;
  }

  /** Hands over a reply; returns the reconciles that have all of theirs now. */
  replied(id: string, reply: OutsideReply): readonly { readonly controller: string; readonly key: string }[] {
    const ready: Parked[] = [];
    for (const parked of this.#parked.values()) {
      if (!parked.owed.delete(id)) continue;
      parked.resume = { ...parked.resume, replies: { ...parked.resume.replies, [id]: reply } };
      if (parked.owed.size === 0) ready.push(parked);
    }
    return ready;
  }

  #replansOf({ replies, used, replans }: Attempt): number {
    return replans + (Object.keys(replies).some((id) => !used.has(id)) ? 1 : 0);
  }

  #run<Answer>(resume: Resume | undefined, work: () => Answer): Outcome<Answer> {
    const unpinned = resume === undefined ? this.#pass(undefined, work) : undefined;
    if (unpinned !== undefined && 'answer' in unpinned) return unpinned;
    // Interrupted for the first time: once more at once, now pinned, so that the questions can be asked again.
    const begun = resume ?? {
      now: this.#options.now(),
      revision: this.#options.revision(),
      replies: {},
      replans: 0,
    };
    const attempt: Attempt = { ...begun, base: this.#options.revision(), used: new Set() };
    const outcome = this.#pass(attempt, work);
    if ('answer' in outcome) return outcome;
    const { now, revision, replies, used } = attempt;
    const kept = Object.fromEntries(Object.entries(replies).filter(([id]) => used.has(id)));
    return {
      calls: outcome.calls,
      resume: { now, revision, replies: kept, replans: this.#replansOf(attempt) },
    };
  }

  #pass<Answer>(
    attempt: Attempt | undefined,
    work: () => Answer,
  ): { readonly answer: Answer } | { readonly calls: readonly OutsideCall[] } {
    const outer = this.#attempt;
    this.#attempt = attempt;
    try {
      return { answer: this.#options.atomic(work) };
    } catch (error) {
      if (error instanceof OutsideNeeded) return { calls: error.calls };
      throw error;
    } finally {
      this.#attempt = outer;
    }
  }
}

/** Controllers whose reconciles are parked when a write of theirs needs a reply from outside. */
export const parkable = (
  controllers: readonly OrderedController[],
  outside: Outside,
): readonly OrderedController[] =>
  controllers.map((ordered) => {
    const { controller } = ordered;
    const reconcile: typeof controller.reconcile = (context, key) => {
      try {
        return outside.reconcile(controller.name, key, () => controller.reconcile(context, key));
      } catch (error) {
        if (error instanceof OutsideNeeded) return { at: outside.now() + PARKED_MS };
        throw error;
      }
    };
    return { ...ordered, controller: { ...controller, reconcile } };
  });
