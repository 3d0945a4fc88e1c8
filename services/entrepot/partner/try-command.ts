// `entrepot partner try`: one search of one partner, and beside each of its rows what became of it.
import { styleText } from 'node:util';
import { Command } from 'commander';
import { configDirectory } from '../../../libs/config/index.ts';
import type { Tried, TriedAction, TriedRow } from '../../supply/workbench/index.ts';
import { whole } from '../verticals/arguments.ts';
import { type CriteriaOptions, criteriaHelp, criteriaOf, withCriteria } from './criteria.ts';
import { clipped, coloured, leaves, plain, sideBySide, terminalWidth } from './print.ts';
import { workbench } from './workbench.ts';

interface TryOptions extends CriteriaOptions {
  readonly cassette?: string;
  readonly account?: string;
  readonly filter?: string;
  readonly verify?: true;
  readonly handoff?: true;
  readonly offer?: string;
  readonly rows: number;
  readonly fields: number;
  readonly json?: true;
}

/** Builds the command. */
export function tryCommand(): Command {
  const command = new Command('try')
    .description("One live search: the partner's rows beside the offers they became, what was rejected, and why.")
    .argument('<name>', 'the partner: the name of its account file, or the name or path of its folder')
    .argument('[criteria...]', 'what is sought; without it, what the cassette or the first golden case asks')
    .option('--cassette <file>', 'answers from a recording instead of the partner')
    .option('--account <file>', 'account file; without it, <config>/partners/<name>.yaml')
    .option('--filter <cel>', 'filter of the search, of which the partner applies what its manifest says')
    .option('--verify', 'ask for an offer again as well')
    .option('--handoff', 'and for the way on for it')
    .option('--offer <id>', 'which offer: its id, or its place from 0; without it, the first')
    .option('--rows <count>', 'rows to show; rejected ones come first', whole, 3)
    .option('--fields <count>', 'fields to show of each row', whole, 24)
    .option('--json', 'one JSON document for scripts, and nothing else');
  return withCriteria(command)
    .addHelpText('after', examples)
    .action(async (name: string, words: string[], options: TryOptions) => {
      const { tryPartner } = await workbench();
      const tried = await tryPartner(name, {
        cassette: options.cassette,
        account: options.account,
        filter: options.filter,
        locale: options.locale,
        verify: options.verify,
        handoff: options.handoff,
        offer: options.offer,
        configDirectory: configDirectory(),
        market: options.market,
        currency: options.currency,
        criteriaOf: (vertical) => criteriaOf(vertical, words, options),
      });
      if (options.json === true) console.log(JSON.stringify(tried, null, 2));
      else print(tried, options);
      const done = [tried.verified, tried.handedOff];
      const failed = done.some((one) => one !== undefined && one.detail !== '');
      if (tried.outcome.failure !== undefined || failed) process.exitCode = 1;
    });
}

const examples = `${criteriaHelp}

Examples:
  entrepot partner try duffel LHR JFK +60d --currency GBP
  entrepot partner try ./brightwater LHR +60d --locale de --verify --handoff
  entrepot partner try duffel --cassette services/supply/partners/duffel/cassettes/offers.yaml --rows 5

Of a partner that publishes a file, the file is fetched and read first; of one that sends messages, only --cassette has any.
The left side shows what the mapping looked at; a field that you expect there and do not see is not mapped. Secrets in
requests are redacted. --verify and --handoff go on with one offer; from a cassette, with what it has under \`verify\` and
\`handoff\`. Exit code 1 when the search failed, or one of these.
`;

function print(tried: Tried, options: TryOptions): void {
  const { outcome, requests, handedOver = [], rows, answeredBy, verified, handedOff } = tried;
  for (const fate of handedOver) printFate(fate);
  for (const { method, path, headers = {}, body } of requests) {
    console.log(`${styleText('bold', method)} ${plain(path)}`);
    for (const [name, value] of Object.entries(headers)) console.log(styleText('dim', `  ${name}: ${plain(value)}`));
    if (body !== undefined) console.log(styleText('dim', `  ${clipped(body, 800)}`));
  }
  console.log();
  const good = outcome.status === 'OK' ? true : outcome.failure === undefined ? 'partly' : false;
  const failure = outcome.failure === undefined ? '' : ` (${outcome.failure})`;
  console.log(
    `${coloured(outcome.status, good)}${failure} ${plain(outcome.detail)}`.trimEnd(),
    `\n${outcome.kept} offers of ${outcome.received} rows, ${outcome.requests} requests, ${outcome.latencyMs} ms; answered by ${answeredBy}`,
  );
  if (outcome.appliedFilters.length > 0) console.log(`it was asked to apply ${outcome.appliedFilters.join(' && ')}`);
  for (const [reason, { count, example }] of Object.entries(outcome.rejections)) {
    console.log(`${coloured(`${count} rejected`, false)} ${reason}: ${plain(example)}`);
  }
  if (verified !== undefined) printAction('asked again for', verified);
  if (handedOff !== undefined) printAction('handed off', handedOff);
  if ((options.verify ?? options.handoff) === true && verified === undefined && handedOff === undefined) {
    console.log(coloured('there is no such offer to go on with', false));
  }
  // Who tries a mapping looks for what is wrong with it.
  const shown = [...rows].sort((a, b) => Number(b.rejection !== undefined) - Number(a.rejection !== undefined));
  const half = Math.max(1, Math.ceil(options.rows / 2));
  const rejected = shown.filter(({ rejection }) => rejection !== undefined);
  const kept = shown.filter(({ offer }) => offer !== undefined);
  const first = rejected.slice(0, Math.max(half, options.rows - kept.length));
  for (const row of [...first, ...kept.slice(0, options.rows - first.length)]) printRow(row, options.fields);
}

function printAction(what: string, { offer, result, detail }: TriedAction<object>): void {
  console.log(
    `\n${styleText('bold', what)} ${plain(offer)}${detail === '' ? '' : `: ${coloured(plain(detail), false)}`}`,
  );
  for (const [name, value] of leaves(result)) console.log(`  ${styleText('dim', name)} ${clipped(value, 800)}`);
}

/** What became of a file or a message, in a line. */
function printFate({ result, status, detail, failure, ...counts }: NonNullable<Tried['handedOver']>[number]): void {
  const good = !['refused', 'failed', 'forged'].includes(result);
  const numbers = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const told = status === undefined ? [] : [`told ${status}`];
  const why = [failure, detail].filter((one) => one !== undefined).map((one) => plain(one));
  console.log(coloured(result.padEnd(9), good), [...told, ...numbers, ...why].join(', '));
}

function printRow({ id, reads, offer, rejection }: TriedRow, fields: number): void {
  console.log(`\n${styleText('bold', plain(id))}`);
  const leftWidth = Math.floor((terminalWidth() - 8) / 2);
  const left = lines(
    reads.map(({ path, value }): [string, unknown] => [path, value]),
    leftWidth,
    fields,
  );
  if (offer === undefined) {
    const why = rejection === undefined ? ['no offer'] : [coloured(rejection.reason, false), plain(rejection.example)];
    console.log(sideBySide(left, why, leftWidth));
    return;
  }
  const { price, expires, item } = offer;
  const own: [string, unknown][] = [...leaves(price, 'price'), ['expires', expires], ...leaves(item)];
  console.log(sideBySide(left, lines(own, leftWidth, fields), leftWidth));
}

function lines(values: readonly (readonly [string, unknown])[], width: number, most: number): string[] {
  const column = Math.min(Math.max(0, ...values.slice(0, most).map(([name]) => name.length)), Math.floor(width * 0.62));
  const shown = values.slice(0, most).map(([name, value]) => {
    const path = name.length > column ? `…${name.slice(name.length - column + 1)}` : name;
    return `${styleText('dim', path.padEnd(column))} ${clipped(value, width - column - 1)}`;
  });
  return values.length > most ? [...shown, styleText('dim', `and ${values.length - most} more`)] : shown;
}
