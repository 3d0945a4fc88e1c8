// `entrepot catalogue undo`: takes an event back.
import { Command } from 'commander';
import { UndoResponse } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { asking } from './address.ts';
import { type DecidingOptions, withDecidingOptions } from './deciding.ts';
import { decidedText } from './text.ts';

/** Builds the command. */
export function undoCommand(): Command {
  return withDecidingOptions(new Command('undo'))
    .description('Take an event back: every id and key is again as it was before it. An undoing can be undone too.')
    .argument('<event>', 'its id, from "entrepot catalogue events"')
    .action((eventId: string, options: DecidingOptions) =>
      asking(options, async (client) => {
        const made = await client.undo({ eventId, author: options.author, reason: options.reason });
        if (options.json === true) console.log(JSON.stringify(UndoResponse.toJSON(made), null, 2));
        else console.log(decidedText(made.event, made.products));
      }),
    );
}
