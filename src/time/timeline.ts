import type { Backoff, Context, Controller, OrderedController, Work } from '../controllers/contract.ts';
import type { Lookup } from '../kinds/define.ts';
import { keyPrefix } from '../machinery/names.ts';
import { StatusError } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import type { JournalPort } from '../ports.ts';
import type { Change, Revision } from '../store/reader.ts';
import { Agenda, LONGEST_WORK_MS, type WakeupTable } from './agenda.ts';
import { type Dispatch, makeDispatch } from './dispatch.ts';

/** What the timeline needs of the store. */
export interface TimelineStore {
  revision(): Revision;
  changes(after: Revision, options: { readonly isLazy: true }): readonly Change[];
  attempt<Result>(work: () => Result): Result;
  readonly wakeups: WakeupTable;
}

export interface TimelineOptions {
  readonly store: TimelineStore;
  readonly controllers: readonly OrderedController[];
  readonly lookup: Lookup;
  readonly journal: JournalPort;
  /** The context a controller reconciles in; built once per controller, reads the instant from `setNow`. */
  readonly makeContext: (controller: Controller) => Context;
  /** Tells the rest of the cluster which instant it is. */
  readonly setNow: (now: Instant) => void;
}

const PODS = keyPrefix('', 'pods');

/** Writes of Events are made on the side. */
const EVENTS = [keyPrefix('', 'events'), keyPrefix('events.k8s.io', 'events')];

/** Most changes concern nobody. */
const LAZY = { isLazy: true } as const;

const USUAL: Backoff = { firstMs: 5, longestMs: 1_000_000 };

/** Delay before try `attempts + 1`: 5 ms doubling to 1,000 s, as client-go's default work queue, unless told otherwise. */
export const retryDelayMs = (attempts: number, { firstMs, longestMs } = USUAL): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(attempts, 30));

/** How many writes of pods follow one another until so many are made. */
const podRounds = {
  'one by one': (pods: number) => pods,
  'in batches': (pods: number) => Math.floor(Math.log2(pods + 1)),
  together: (pods: number) => Math.min(pods, 1),
};

/** Adds up the time that the writes of a run take; answers how much was spent before each, and at the end in all. */
const makeSpent = (work: Work): ((change?: Change) => number) => {
  let pods = 0;
  let others = 0;
  return (change) => {
    const before = (podRounds[work.pods ?? 'one by one'](pods) + others) * work.writeMs;
    if (change === undefined || EVENTS.some((prefix) => change.key.startsWith(prefix))) return before;
    if (change.key.startsWith(PODS)) pods += 1;
    else others += 1;
    return before;
  };
};

/**
 * Moves the cluster from due work to due work. One turn is `begin`, any number of `run` and `observe`, then
 * `end` (or `abandon` after a rollback), all inside the caller's transaction.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #agenda: Agenda;
  readonly #dispatch: Dispatch;
  readonly #contexts: readonly Context[];
  /** Writes take no time. */
  readonly #instant: boolean;
  #seen: Revision = 0;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#agenda = new Agenda(
      options.store.wakeups,
      options.controllers.map(({ controller }) => controller.name),
    );
    this.#contexts = options.controllers.map(({ controller }) => options.makeContext(controller));
    this.#instant = this.#contexts.every(({ latency }) => latency === 'instant');
    this.#dispatch = makeDispatch(options.controllers, this.#instant);
  }

  /** Opens the turn: loads what is due up to the instant. */
  begin(until: Instant): void {
    this.#seen = this.#options.store.revision();
    this.#agenda.open(until);
  }

  /** Turns the writes made since the last call into wake-ups of this turn. */
  observe(): void {
    const { store, lookup } = this.#options;
    if (store.revision() === this.#seen) return;
    for (const change of store.changes(this.#seen, LAZY)) this.#dispatch(change, lookup, this.#agenda);
    this.#seen = store.revision();
  }

  /**
   * The same for the writes of one run of a controller, which come one after the other: each is seen when its turn came,
   * and the key is not taken up again before the last is done.
   */
  #observeRun(actor: number, key: string, at: Instant, work: Work | undefined, isRefused: boolean): void {
    const { store, lookup } = this.#options;
    if (work === undefined || this.#instant) {
      this.observe();
      return;
    }
    const spent = makeSpent(work);
    for (const change of store.changes(this.#seen, LAZY)) {
      this.#dispatch(change, lookup, this.#agenda, spent(change));
    }
    this.#seen = store.revision();
    // What was refused took time as well.
    const total = Math.min(LONGEST_WORK_MS, spent() + (isRefused ? work.writeMs : 0));
    if (total > 0) this.#agenda.hold(actor, key, at + total);
  }

  /**
   * Does due work in order until nothing is due or the budget (reconciles) is spent. True when work is left. Each piece
   * happens at its own due instant, or, when `isLate`, at `until`: as after a time in which the control plane was down.
   */
  run(until: Instant, budget: number, isLate = false): boolean {
    for (let left = budget; left > 0; left -= 1) {
      const work = this.#agenda.take(until);
      if (work === undefined) {
        this.#options.setNow(until);
        return false;
      }
      const at = isLate ? until : work.dueAt;
      this.#options.setNow(at);
      const isRefused = this.#reconcile(work.actor, work.key, at, work.attempts);
      this.#observeRun(work.actor, work.key, at, this.#options.controllers[work.actor]?.work, isRefused);
    }
    return true;
  }

  /** Makes a key of a controller due, e.g. when a controller is new to a stored cluster. */
  wake(controller: string, key: string, dueAt: Instant): void {
    const actor = this.#options.controllers.findIndex((entry) => entry.controller.name === controller);
    if (actor >= 0) this.#agenda.soonest(actor, key, dueAt);
  }

  /** Closes the turn: pending work becomes rows. */
  end(): void {
    this.#agenda.close();
  }

  /** Forgets the turn after its transaction was rolled back. */
  abandon(): void {
    this.#agenda.abandon();
  }

  /** True when it failed, and will be tried again. */
  #reconcile(actor: number, key: string, dueAt: Instant, attempts: number): boolean {
    const ordered = this.#options.controllers[actor];
    const context = this.#contexts[actor];
    if (ordered === undefined || context === undefined) throw new Error(`no controller ${actor}`);
    try {
      const outcome = this.#options.store.attempt(() => ordered.controller.reconcile(context, key));
      // A failure the controller reported itself backs off like a thrown one; its writes stay.
      if (outcome?.retry)
        this.#agenda.replace(actor, key, dueAt + retryDelayMs(attempts, outcome.backoff), attempts + 1);
      else if (outcome !== undefined) this.#agenda.replace(actor, key, Math.max(outcome.at, dueAt), 0);
      return outcome?.retry === true;
    } catch (error) {
      // One poisoned key may not starve the rest: its writes are rolled back and it alone backs off.
      const isRefusal = error instanceof StatusError;
      this.#options.journal.write(
        isRefusal ? 'info' : 'error',
        isRefusal ? 'reconcile refused' : 'reconcile failed',
        {
          controller: ordered.controller.name,
          key,
          error: error instanceof Error ? error.stack : String(error),
        },
      );
      this.#agenda.replace(actor, key, dueAt + retryDelayMs(attempts), attempts + 1);
      return true;
    }
  }
}
