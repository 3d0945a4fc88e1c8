// `entrepot catalogue decide`: the answer to a review.
import { Argument, Command } from 'commander';
import { type DecidingOptions, decide, withDecidingOptions } from './deciding.ts';

/** Builds the command. */
export function decideCommand(): Command {
  return withDecidingOptions(new Command('decide'))
    .description('Answer a review: the two are the same product, or different ones for good.')
    .argument('<review>', 'its id, from "entrepot catalogue reviews"')
    .addArgument(new Argument('<answer>', 'what they are').choices(['same', 'different']))
    .action((reviewId: string, answer: 'same' | 'different', options: DecidingOptions) =>
      decide(options, { $case: 'review', value: { reviewId, same: answer === 'same' } }),
    );
}
