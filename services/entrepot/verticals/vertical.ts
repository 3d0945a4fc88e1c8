import type { Command } from 'commander';
import type { Offer } from '../../../libs/client/index.ts';

/** Runs a search by its criteria, as the edge takes them: `{ flight: { … } }`. */
export type RunSearch<Options> = (options: Options, criteria: object) => Promise<void>;

/** What a vertical is at a terminal: how it is asked for, and what a line of its table shows. */
export interface TerminalVertical {
  /** As named in Item: also the command's name. */
  readonly name: string;
  /** Adds description, arguments, options, examples and action. */
  describe<Options>(command: Command, run: RunSearch<Options>): void;
  /** Headings of its table, between price and seller; those that begin with ">" are right-aligned. */
  readonly headings: readonly string[];
  /** The cells under them. */
  cells(offer: Offer): readonly string[];
}
