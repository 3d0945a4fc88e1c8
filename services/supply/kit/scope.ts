import type { DynamicType } from '../../../libs/expression/index.ts';

/** The variables that expressions at one place of a manifest may read, each with the slot of the frame that holds it. */
export class Scope {
  readonly #types = new Map<string, DynamicType>();
  readonly #slots = new Map<string, number>();

  /** @param parent its variables are seen here too, in the same slots */
  constructor(parent?: Scope) {
    for (const [name, type] of parent?.types ?? []) this.#types.set(name, type);
    for (const [name, slot] of parent?.slots ?? []) this.#slots.set(name, slot);
  }

  /** Type by name. */
  get types(): ReadonlyMap<string, DynamicType> {
    return this.#types;
  }

  /** Slot by name. */
  get slots(): ReadonlyMap<string, number> {
    return this.#slots;
  }

  /** Slots that a frame needs. */
  get size(): number {
    return this.#slots.size;
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  /** Adds a variable and returns its slot. */
  add(name: string, type: DynamicType): number {
    if (this.#slots.has(name)) throw new RangeError(`"${name}" is taken`);
    const slot = this.#slots.size;
    this.#types.set(name, type);
    this.#slots.set(name, slot);
    return slot;
  }

  /** The slot of a variable that is there. */
  slot(name: string): number {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new RangeError(`no variable "${name}"`);
    return slot;
  }
}

/** Values by slot. Reused for row after row: what reads it does so at once. */
export type Frame = unknown[];

/** A compiled expression or template: its value, undefined where it is absent. */
export type Reader = (frame: Frame) => unknown;
