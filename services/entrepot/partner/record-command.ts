// `entrepot partner record`: a live search, written down without secrets as a cassette with a golden case beside it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { configDirectory } from '../../../libs/config/index.ts';
import { whole } from '../verticals/arguments.ts';
import { type CriteriaOptions, criteriaHelp, criteriaOf, withCriteria } from './criteria.ts';
import { hostAndPort, shortest } from './print.ts';
import { workbench } from './workbench.ts';

interface RecordOptions extends CriteriaOptions {
  readonly case: string;
  readonly account?: string;
  readonly messages: number;
  readonly listen: string;
  readonly seconds: number;
  readonly force?: true;
  readonly verify?: true;
  readonly handoff?: true;
  readonly offer?: string;
  readonly json?: true;
}

/** Builds the command. */
export function recordCommand(): Command {
  const command = new Command('record')
    .description('Record a live search as a cassette, redacted, with a golden case that replays it.')
    .argument('<name>', 'the partner: the name of its account file, or the name or path of its folder')
    .argument('[criteria...]', 'what is sought; without it, what the first golden case asks')
    .option('--case <case>', 'name of the cassette and the case', caseName, 'recorded')
    .option('--account <file>', 'account file; without it, <config>/partners/<name>.yaml')
    .option('--verify', 'ask for an offer again as well, and keep that')
    .option('--handoff', 'ask for the way on for it as well, and keep that')
    .option('--offer <id>', 'which offer: its id, or its place from 0; without it, the first')
    .option('--messages <count>', 'of a partner that sends messages: how many are waited for', whole, 1)
    .option('--listen <host:port>', 'where they are waited for', '127.0.0.1:7012')
    .option('--seconds <count>', 'for how long; what has come by then is recorded', whole, 600)
    .option('--force', 'write over a cassette of that name')
    .option('--json', 'one JSON document for scripts, and nothing else');
  return withCriteria(command)
    .addHelpText('after', help)
    .action(async (name: string, words: string[], options: RecordOptions) => {
      const { cassetteText, loadCase, recordPartner, runCase, updatedText } = await workbench();
      const recorded = await recordPartner(name, {
        account: options.account,
        configDirectory: configDirectory(),
        market: options.market,
        currency: options.currency,
        locale: options.locale,
        verify: options.verify,
        handoff: options.handoff,
        offer: options.offer,
        criteriaOf: (vertical) => criteriaOf(vertical, words, options),
        listening: {
          ...hostAndPort(options.listen),
          messages: options.messages,
          signal: AbortSignal.timeout(options.seconds * 1_000),
          onListening: (url) => console.error(`waiting for ${options.messages} messages at ${url}`),
        },
      });
      const cassette = join(recorded.folder, 'cassettes', `${options.case}.yaml`);
      const file = join(recorded.folder, 'cases', `${options.case}.yaml`);
      if (recorded.cassette.exchanges.length === 0) throw new Error(`nothing to record: ${recorded.detail}`);
      if (existsSync(cassette) && options.force !== true) {
        throw new Error(`${shortest(cassette)} exists; --force writes over it, --case names another`);
      }
      write(cassette, cassetteText(recorded.cassette));
      const isNew = !existsSync(file);
      if (isNew) {
        write(file, recorded.caseText(`../cassettes/${options.case}.yaml`));
        write(file, updatedText(await runCase(loadCase(file))));
      }
      const said = { cassette, case: file, caseWritten: isNew, exchanges: recorded.cassette.exchanges.length };
      if (options.json === true) {
        console.log(JSON.stringify(said, null, 2));
        return;
      }
      console.log(
        `recorded ${said.exchanges === 1 ? 'one exchange' : `${said.exchanges} exchanges`}: ${shortest(cassette)}`,
      );
      console.log(isNew ? `the case that replays them: ${shortest(file)}` : `${shortest(file)} stays as it is`);
      console.log(
        'Look through both before you commit them: redaction knows names of fields, not what people write in texts.',
      );
    });
}

const help = `${criteriaHelp}

A case with a verification or a hand-off is tested with it: what is sent, what it costs then, where the link leads. An
existing case stays as it is: add \`verify: { offer: 0 }\` or \`handoff: { offer: 0, click: c1 }\` to it yourself.

What is taken out: credentials of the account wherever they stand (also encoded), headers that authenticate, cookies,
e-mail addresses, phone numbers, and values under names of persons, documents, births and secrets. The same value becomes
the same replacement everywhere, so references still lead somewhere.

Of a partner that publishes a file, the file is recorded: its first rows and those that the search finds. Of one that sends
messages, those that come to --listen while this waits; they are answered as supply does, and their signatures are left out,
for a replay signs anew.

Examples:
  entrepot partner record duffel LHR JFK +60d --case one-way
  entrepot partner record duffel LHR JFK +60d --case again --verify --handoff
  entrepot partner record harbour-shop "red shirt" --messages 3 --listen 127.0.0.1:7012
`;

function caseName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected small letters, digits and "-".');
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
