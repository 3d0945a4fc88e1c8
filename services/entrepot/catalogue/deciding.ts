// What the commands have in common by which a person decides.
import type { Command } from 'commander';
import {
  type DecideRequest,
  DecideResponse,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { asking, type CatalogueOptions, withCatalogueOptions } from './address.ts';
import { decidedText } from './text.ts';

/** What a decision says of itself. */
export interface DecidingOptions extends CatalogueOptions {
  readonly author: string;
  readonly reason: string;
}

/** Adds what every decision takes. */
export function withDecidingOptions(command: Command): Command {
  return withCatalogueOptions(command)
    .requiredOption('--author <name>', 'who decides: a name or address that colleagues know')
    .requiredOption('--reason <text>', 'why, for those who come after');
}

/** Decides, and prints what it made. */
export function decide(options: DecidingOptions, decision: NonNullable<DecideRequest['decision']>): Promise<void> {
  return asking(options, async (client) => {
    const made = await client.decide({ decision, author: options.author, reason: options.reason });
    if (options.json === true) console.log(JSON.stringify(DecideResponse.toJSON(made), null, 2));
    else console.log(decidedText(made.event, made.products));
  });
}
