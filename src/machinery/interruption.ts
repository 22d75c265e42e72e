/**
 * Interrupts work that will be done again: no failure, and nobody's answer. Whoever catches errors of unknown kinds
 * lets it pass.
 */
export class Interruption extends Error {}

/** Interrupts work that was expected to read only and wants to write: it is done again in a transaction. */
export class WriteNeeded extends Interruption {
  constructor() {
    super('work that reads cannot write');
    this.name = 'WriteNeeded';
  }
}
