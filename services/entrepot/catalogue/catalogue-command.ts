// `entrepot catalogue …`: the catalogue for people.
import { Command } from 'commander';
import { decideCommand } from './decide-command.ts';
import { eventsCommand } from './events-command.ts';
import { listCommand } from './list-command.ts';
import { mergeCommand } from './merge-command.ts';
import { moveCommand } from './move-command.ts';
import { resolveCommand } from './resolve-command.ts';
import { reviewsCommand } from './reviews-command.ts';
import { showCommand } from './show-command.ts';
import { splitCommand } from './split-command.ts';
import { undoCommand } from './undo-command.ts';
import { watchCommand } from './watch-command.ts';

/** Builds the command. */
export function catalogueCommand(): Command {
  return new Command('catalogue')
    .description('The catalogue of products: look, review, merge, split, undo, resolve.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(eventsCommand())
    .addCommand(reviewsCommand())
    .addCommand(decideCommand())
    .addCommand(mergeCommand())
    .addCommand(splitCommand())
    .addCommand(moveCommand())
    .addCommand(undoCommand())
    .addCommand(watchCommand())
    .addCommand(resolveCommand())
    .addHelpText(
      'after',
      `
They ask the edge over gRPC at ENTREPOT_EDGE_GRPC_ADDRESS (127.0.0.1:8081), with the key ENTREPOT_KEY where it asks for one.
"watch" and "resolve" are not for clients: they ask normalization itself, at ENTREPOT_NORMALIZATION_ADDRESS (127.0.0.1:7003),
where "entrepot mesh" and "entrepot serve normalization" listen.

Whatever a person decides stands above what the matcher thinks, is an event with its author, and can be undone:
  entrepot catalogue reviews --vertical stay
  entrepot catalogue decide rv_7 same --author jo@example.com --reason 'same phone, same pool'
  entrepot catalogue events st_4QmX7a
  entrepot catalogue undo 812 --author jo@example.com --reason 'the annex is a house of its own'
`,
    );
}
