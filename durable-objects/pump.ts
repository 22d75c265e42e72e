import { alarmInstant } from '../src/time/arming.ts';

/** Work due within this is pumped by a timer while the object is in memory anyway. */
const TIMER_WINDOW_MS = 1000;
/** The alarm behind a timer: late enough not to be written again for every step of a cascade. */
const SAFETY_MS = 5000;
/** Steps of a cascade that fall into this are one turn. */
const COALESCE_MS = 20;

/** What the pump needs to know after a turn. Instants are wall milliseconds. */
export interface PumpState {
  readonly nextDue: number | undefined;
  readonly unfinished: boolean;
  readonly observed: boolean;
  readonly outsideDue: number | undefined;
}

/** What the pump acts on. */
export interface PumpPorts {
  now(): number;
  /** Runs once after the delay; replaces no earlier one. */
  later(work: () => void, delayMs: number): () => void;
  setAlarm(at: number): void;
}

/**
 * Decides what wakes the object next. The platform's alarm is a billed write, so it is written only when it must
 * ring earlier than it would; a firing that finds nothing due just arms again.
 */
export class Pump {
  readonly #ports: PumpPorts;
  readonly #tick: () => void;
  #alarmAt = Number.POSITIVE_INFINITY;
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelTimer = (): void => undefined;

  constructor(ports: PumpPorts, tick: () => void) {
    this.#ports = ports;
    this.#tick = tick;
  }

  /** The alarm rang: it has to be set anew. */
  rang(): void {
    this.#alarmAt = Number.POSITIVE_INFINITY;
  }

  /** Arms timer and alarm for what a turn left behind. */
  arm(state: PumpState): void {
    const now = this.#ports.now();
    const { nextDue, unfinished, observed } = state;
    const inside = !observed ? undefined : unfinished ? now : nextDue;
    const soon = inside !== undefined && inside - now < TIMER_WINDOW_MS;
    if (soon) this.#armTimer(unfinished ? now : Math.max(inside, now + COALESCE_MS));
    const ring = alarmInstant({ ...state, nextDue: soon ? now + SAFETY_MS : inside });
    if (ring !== undefined && !(this.#alarmAt <= ring && this.#alarmAt > now - TIMER_WINDOW_MS)) {
      this.#alarmAt = ring;
      this.#ports.setAlarm(ring);
    }
  }

  #armTimer(at: number): void {
    if (this.#timerAt <= at) return;
    this.#cancelTimer();
    this.#timerAt = at;
    this.#cancelTimer = this.#ports.later(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.#tick();
      },
      Math.max(0, at - this.#ports.now()),
    );
  }
}
