import type { EntrepotError } from '../../libs/errors/index.ts';

/** A search that looks at a fan-out. */
export interface Looker {
  /** Somebody reads it now. */
  readonly read: boolean;
  /** Somebody reads it, or may come back to it. */
  readonly wanted: boolean;
  /** Somebody reads it who goes on reading when it is complete. */
  readonly stays: boolean;
  /** Whoever reads it has been given the complete search. */
  readonly served: boolean;
  /** Something changed. An urgent change is to be shown at once. */
  changed(urgent: boolean): void;
  /** The fan-out is complete. */
  completed(): void;
  /** Nothing more will come. */
  ended(): void;
  /** Nothing can be shown. */
  failed(error: EntrepotError): void;
}

/** All searches that look at one fan-out. Who is told may look away while it is told. */
export class Lookers {
  readonly #all = new Set<Looker>();

  get size(): number {
    return this.#all.size;
  }

  add(looker: Looker): void {
    this.#all.add(looker);
  }

  delete(looker: Looker): void {
    this.#all.delete(looker);
  }

  /** Whether it holds of any. */
  some(holds: (looker: Looker) => boolean): boolean {
    for (const looker of this.#all) if (holds(looker)) return true;
    return false;
  }

  changed(urgent: boolean): void {
    for (const looker of this.#all) looker.changed(urgent);
  }

  completed(): void {
    for (const looker of [...this.#all]) looker.completed();
  }

  ended(): void {
    for (const looker of [...this.#all]) looker.ended();
  }

  failed(error: EntrepotError): void {
    for (const looker of [...this.#all]) looker.failed(error);
  }
}
