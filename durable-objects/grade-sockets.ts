import type { Grading } from '../src/exercise/contract.ts';
import { fnv32a } from '../src/machinery/deep.ts';

const TAG = 'kubicle-grade';
const NORMAL_CLOSURE = 1000;
/** A burst of writes is one grading. */
const COALESCE_MS = 50;

/** What the sockets need of their object. */
export interface Graded {
  /** Judges now; `undefined` when there is nothing to judge. */
  grade(): Grading | undefined;
  /** Changes whenever something happened that may change the grade. */
  stamp(): string;
  /** Whether the cluster has reached this instant. */
  hasReached(at: number): boolean;
  /** Work runs after the delay. */
  later(work: () => void, delayMs: number): void;
  /** Told after each grading: `recheckAt` may be another. */
  published(): void;
}

/** Equal for gradings that read the same; a collision costs a follower one frame. */
const digest = ({ verdicts }: Grading): number =>
  fnv32a(JSON.stringify(verdicts.map(({ id, outcome, evidence }) => [id, outcome, evidence])));

/**
 * Those who follow an exercise's grade: hibernatable sockets that get a grading whenever it differs from the last one
 * they got. Nobody asks again and again: the object calls `changed` after its turns.
 */
export class GradeSockets {
  readonly #state: DurableObjectState;
  readonly #graded: Graded;
  #isAsked = false;
  #stamp = '';
  #recheckAt: number | undefined;
  /** What is open, once it was looked up: every turn asks. */
  #open: Set<WebSocket> | undefined;

  constructor(state: DurableObjectState, graded: Graded) {
    this.#state = state;
    this.#graded = graded;
  }

  /** How many follow. */
  get size(): number {
    return this.#sockets().size;
  }

  /** Cluster instant at which the grade may change by itself. */
  get recheckAt(): number | undefined {
    return this.#recheckAt;
  }

  /** Whether a socket of the object is one of these. */
  owns(socket: WebSocket): boolean {
    return this.#state.getTags(socket).includes(TAG);
  }

  /** Accepts the object's end and sends the grading as it is. */
  accept(socket: WebSocket, grading: Grading): void {
    this.#state.acceptWebSocket(socket, [TAG]);
    this.#sockets().add(socket);
    this.#send(socket, grading, digest(grading));
    this.#recheckAt = grading.recheckAt;
  }

  /** After a turn: if something happened that may have changed the grade, it is judged again soon. */
  changed(): void {
    if (this.#isAsked || this.size === 0) return;
    const isDue = this.#recheckAt !== undefined && this.#graded.hasReached(this.#recheckAt);
    if (this.#graded.stamp() === this.#stamp && !isDue) return;
    this.#isAsked = true;
    this.#graded.later(() => {
      this.#isAsked = false;
      this.#publish();
    }, COALESCE_MS);
  }

  /** Ends every stream; clients come back when they like. */
  closeAll(): void {
    for (const socket of [...this.#sockets()]) this.close(socket);
  }

  /** Ends one, or answers a close of the other side. */
  close(socket: WebSocket): void {
    this.#sockets().delete(socket);
    try {
      socket.close(NORMAL_CLOSURE);
    } catch {
      // The other side was faster.
    }
  }

  #publish(): void {
    const grading = this.#graded.grade();
    if (grading === undefined) return;
    this.#stamp = this.#graded.stamp();
    this.#recheckAt = grading.recheckAt;
    const current = digest(grading);
    for (const socket of [...this.#sockets()]) {
      const last = socket.deserializeAttachment() as { readonly grade?: number } | null;
      if (last?.grade !== current) this.#send(socket, grading, current);
    }
    this.#graded.published();
  }

  #sockets(): Set<WebSocket> {
    this.#open ??= new Set(this.#state.getWebSockets(TAG));
    return this.#open;
  }

  #send(socket: WebSocket, grading: Grading, current: number): void {
    try {
      socket.send(JSON.stringify(grading));
      socket.serializeAttachment({ grade: current });
    } catch {
      this.close(socket);
    }
  }
}
