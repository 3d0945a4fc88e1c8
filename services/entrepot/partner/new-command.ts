// `entrepot partner new`: a partner's folder drafted from a sample answer.
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { shortest } from './print.ts';
import { workbench } from './workbench.ts';

/** Builds the command. */
export function newCommand(): Command {
  return new Command('new')
    .description("Draft a partner's folder from a sample answer: manifest, README, cassette, first golden case.")
    .argument('<name>', 'name of the partner and its folder: small letters, digits and "-"')
    .requiredOption(
      '--from <file>',
      'a sample: an answer of a search (.json, .xml), a file (.csv, .tsv, .xml, .ndjson) or a message',
    )
    .addOption(
      new Option('--transport <transport>', 'how offers come; without it, guessed').choices([
        'request',
        'feed',
        'push',
      ]),
    )
    .option('--vertical <vertical>', 'what it sells: flight, stay, good, ride; without it, guessed')
    .option('--into <directory>', 'where the folder is made; without it, beside the shipped partners')
    .option('--json', 'one JSON document for scripts, and nothing else')
    .addHelpText('after', help)
    .action(async (name: string, options: NewOptions) => {
      const { makePartner, shippedAdapters } = await workbench();
      const directory = options.into ?? shippedAdapters;
      const made = await makePartner({
        name,
        sample: options.from,
        directory,
        vertical: options.vertical,
        transport: options.transport,
      });
      if (options.json === true) {
        console.log(JSON.stringify(made, null, 2));
        return;
      }
      const folder = shortest(made.folder);
      console.log(
        `${styleText('bold', folder)} sells offers of ${made.vertical} (${made.transport}): ${made.files.join(', ')}`,
      );
      console.log(`${styleText('green', 'guessed')}  ${made.guessed.join(', ') || 'nothing'}`);
      console.log(`${styleText('yellow', 'missing')}  ${made.missing.join(', ')}`);
      if (made.refused.length > 0) console.log(`${styleText('red', 'refused')}  ${made.refused.join(', ')}`);
      const { outcome, received, kept } = made.case;
      console.log(`\nThe sample has ${received} rows, of which ${kept} become offers: ${outcome}.\n\nNext:`);
      // Elsewhere it is found by its path.
      const called = options.into === undefined ? name : folder;
      const steps = [
        [`${folder}/manifest.yaml`, 'look at every GUESS, fill in what is MISSING; begin with taxBasis'],
        [`entrepot partner try ${called} --cassette ${folder}/cassettes/sample.yaml`, 'see what each row becomes'],
        [`entrepot partner test ${called} --update`, 'let the case expect it, and make it exemplary when all is well'],
        [`<config>/partners/${name}.yaml`, `the account: adapter, endpoint, credentials; then entrepot check`],
        [`entrepot partner record ${called} …`, 'record a live search; faults as supplemental cases'],
        [`entrepot partner certify ${called}`, 'the grade says how much traffic it may have'],
      ];
      for (const [at, [what, why]] of steps.entries())
        console.log(`  ${at + 1}. ${what}\n     ${styleText('dim', why ?? '')}`);
    });
}

interface NewOptions {
  readonly from: string;
  readonly vertical?: string;
  readonly transport?: 'request' | 'feed' | 'push';
  readonly into?: string;
  readonly json?: true;
}

const help = `
Found by names and values: the list of rows, prices with their currency, ids, ISO times and their zones, airports, flags,
coordinates, GTINs, code tables. A guess says what it saw (# GUESS saw …), what was not found says so (# MISSING). An
amount without a currency beside it is never taken for a price, and what a price includes is never assumed.

A file of rows (.csv, .tsv, .ndjson, RSS or Atom) becomes a feed, a message (named webhook, event or the like, or one that says
what has happened) a push; other samples are answers of searches. --transport says it where that is guessed wrong.

Examples:
  entrepot partner new acme-stays --from answer.json --vertical stay
  entrepot partner new acme-shop --from products.csv
  entrepot partner new acme-shop --from webhook.json --vertical good
`;
