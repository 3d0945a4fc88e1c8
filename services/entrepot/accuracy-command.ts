// `entrepot accuracy`: how right partners' shown prices were, and what was not as shown, from the edge that runs.
import { styleText } from 'node:util';
import { Command } from 'commander';
import { type EntrepotClient, EntrepotProblem } from '../../libs/client/index.ts';
import { mismatchTable, replayText, standingText } from './accuracy-text.ts';
import { runningEdge } from './edge-address.ts';
import { clientOf, type EdgeOptions, problemText, withKey } from './edge-request.ts';
import { whole } from './verticals/arguments.ts';

interface Options extends EdgeOptions {
  readonly json?: true;
}

const examples = `
Of the offers that somebody looked at, a sample is asked again a little later. A partner whose prices are too often not as shown
comes after the others, or is hidden, until they are right again: deploy/config/accuracy.yaml says how.

Examples:
  entrepot accuracy                          how partners stand, and by which lead times
  entrepot accuracy duffel                   one partner
  entrepot accuracy mismatches duffel        what was not as shown, latest first
  entrepot accuracy replay m3c5k09af…        asks the partner once more for what a mismatch was about
`;

/** Builds the command. */
export function accuracyCommand(): Command {
  const command = new Command('accuracy')
    .description("How right partners' shown prices were, and what follows.")
    .argument('[partner]', 'one partner; all without it')
    .addHelpText('after', examples);
  reaching(command).action((partner: string | undefined, options: Options) =>
    asking(options, async (edge) => {
      const found = await edge.call('ListAccuracy', { partner });
      return options.json === true ? JSON.stringify(found, null, 2) : standingText(found);
    }),
  );
  return command.addCommand(mismatchesCommand()).addCommand(replayCommand());
}

function mismatchesCommand(): Command {
  return reaching(new Command('mismatches'))
    .description('What was not as shown, latest first.')
    .argument('[partner]', 'one partner; all without it')
    .option('--page-size <count>', 'mismatches on a page: 1 to 200', whole, 50)
    .option('--page-token <token>', 'opens the next page')
    .action((partner: string | undefined, _own: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options & { pageSize: number; pageToken?: string }>();
      return asking(options, async (edge) => {
        const { pageSize, pageToken } = options;
        const found = await edge.call('ListMismatches', { partner, pageSize, pageToken });
        if (options.json === true) return JSON.stringify(found, null, 2);
        const { mismatches = [], nextPageToken = '' } = found;
        const more = nextPageToken === '' ? '' : `\n\nMore: --page-token ${nextPageToken}`;
        return mismatches.length === 0 ? 'There are none.' : mismatchTable(mismatches) + more;
      });
    });
}

function replayCommand(): Command {
  return reaching(new Command('replay'))
    .description("Asks the partner once more for what a mismatch was about; spends the partner's budget.")
    .argument('<id>', 'of the mismatch')
    .action((id: string, _own: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      return asking(options, async (edge) => {
        const replay = await edge.call('ReplayMismatch', { mismatchId: id });
        return options.json === true ? JSON.stringify(replay, null, 2) : replayText(replay);
      });
    });
}

function reaching(command: Command): Command {
  return withKey(command)
    .option('--edge <url>', 'ask this edge; without it, the one on port 8080')
    .option('--json', 'one JSON document for scripts, and nothing else');
}

async function asking(options: Options, work: (edge: EntrepotClient) => Promise<string>): Promise<void> {
  const url = await runningEdge(options.edge);
  if (url === undefined) {
    throw new EntrepotProblem({
      reason: 'UNREACHABLE',
      detail: 'No edge runs here. Start one with "entrepot up", or say where with --edge.',
    });
  }
  try {
    console.log(await work(clientOf(url, options)));
  } catch (error) {
    if (!(error instanceof EntrepotProblem)) throw error;
    process.exitCode = 2;
    if (options.json === true) console.log(JSON.stringify({ problem: error.problem }, null, 2));
    else console.error(styleText('red', problemText(error)));
  }
}
