// `entrepot pricing quote`: prices rows of a file, from a configuration directory or by a pricing service that runs.
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { readInt64s } from '../../../libs/columns/index.ts';
import { ConfigError, configDirectory, formatProblem } from '../../../libs/config/index.ts';
import {
  type ExplainResponse,
  PricingServiceDefinition,
  type QuoteRequest,
  type QuoteResponse,
} from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { priceBatch } from '../../../libs/contracts/price-batch.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import type { MeshClient } from '../../../libs/mesh/index.ts';
import { formatMinor } from '../../../libs/money/index.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import { table } from '../table.ts';
import { upper } from '../verticals/arguments.ts';
import { type NamedRow, readRows, WrongRow } from './quote-rows.ts';

interface Options {
  readonly file: string;
  readonly vertical: string;
  readonly currency: string;
  readonly market: string;
  readonly client: string;
  readonly experimentKey: string;
  readonly config: string;
  readonly address?: string;
  readonly ledgers?: true;
  readonly json?: true;
}

/** Rows of one request: as many as may come with their ledgers, or a good handful. */
const ROWS = { plain: 1_000, ledgers: 200 };

const help = `
A line of the file is a row: a JSON object with "partner", "total", "currency", "taxBasis" (INCLUDED, EXCLUDED, PARTLY_INCLUDED), and
where there are "totalMax", "tax", "dueLater" and "attributes". Amounts are plain decimals in major units, attributes those of the
vertical.

  {"partner":"duffel","total":"250.00","currency":"USD","taxBasis":"INCLUDED","attributes":{"stops":0,"cabin":"ECONOMY"}}

Examples:
  entrepot pricing quote --file rows.ndjson --vertical flight --currency GBP --market GB
  entrepot pricing quote --file - --vertical stay --currency EUR --market DE --ledgers < rows.ndjson
  entrepot pricing quote --file rows.ndjson --vertical flight --currency GBP --market GB --address 127.0.0.1:7004 --json
`;

/** Builds the command. */
export function quoteCommand(): Command {
  return new Command('quote')
    .description('Price rows without a search, by the rules and rates of a directory or of a service that runs.')
    .requiredOption('--file <ndjson>', 'rows, one JSON object a line; - for standard input')
    .requiredOption('--vertical <name>', 'flight, stay, good or ride')
    .requiredOption('--currency <code>', 'currency to show, ISO 4217', upper)
    .requiredOption('--market <code>', 'market they are shown in, ISO 3166-1', upper)
    .option('--client <name>', 'client that shows them', 'public')
    .option('--experiment-key <text>', 'whose arm of a price experiment counts', '')
    .option('--config <directory>', 'configuration directory (environment: ENTREPOT_CONFIG)', configDirectory())
    .option('--address <address>', 'ask the pricing service there (host:port) instead')
    .option('--ledgers', 'each price line by line')
    .option('--json', 'one JSON object a row, and nothing else')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      try {
        await run(options);
      } catch (error) {
        const message = messageOf(error);
        if (message === undefined) throw error;
        process.exitCode = 2;
        console.error(styleText('red', message));
      }
    });
}

function messageOf(error: unknown): string | undefined {
  if (error instanceof ConfigError) return error.problems.map(formatProblem).join('\n');
  if (error instanceof EntrepotError) return `${error.reason}: ${error.message}`;
  return error instanceof WrongRow ? error.message : undefined;
}

async function run(options: Options): Promise<void> {
  const vertical = verticals().get(options.vertical);
  if (vertical === undefined) {
    throw new WrongRow(`no vertical "${options.vertical}"; there are ${[...verticals().keys()].join(', ')}`);
  }
  const { file } = options;
  const rows = readRows(textOf(file), file === '-' ? 'standard input' : file, vertical);
  const pieces = piecesOf(rows, options.ledgers === true ? ROWS.ledgers : ROWS.plain);
  const pricing = await reach(options);
  try {
    let unpriced = 0;
    let at = 0;
    let stale = '';
    const printed: string[][] = [];
    for await (const answer of pricing.client.quote(requestsOf(pieces, options))) {
      const quoted = quotedRows(pieces[at++]!, answer);
      stale = answer.view?.staleRates ?? '';
      unpriced += quoted.filter(({ reason }) => reason !== undefined).length;
      for (const one of quoted) {
        if (options.json === true) console.log(JSON.stringify(one));
        else if (options.ledgers === true) console.log(ledgerText(one));
        else printed.push(cellsOf(one));
      }
    }
    if (options.json === true) return;
    if (printed.length > 0)
      console.log(table(['>row', 'partner', '>its price', '>shown', '>due later', '>tax', ''], printed));
    console.log(styleText('dim', `\n${rows.length - unpriced} of ${rows.length} rows have a price.`));
    if (stale !== '') console.log(styleText('yellow', stale));
  } finally {
    await pricing.close();
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new WrongRow(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** Rows that follow each other and are of one partner, in pieces. */
function piecesOf(rows: readonly NamedRow[], most: number): NamedRow[][] {
  const pieces: NamedRow[][] = [];
  for (const row of rows) {
    const last = pieces.at(-1);
    if (last !== undefined && last[0]!.partner === row.partner && last.length < most) last.push(row);
    else pieces.push([row]);
  }
  return pieces;
}

async function* requestsOf(pieces: readonly NamedRow[][], options: Options): AsyncGenerator<QuoteRequest> {
  const { vertical, currency, market, client, experimentKey, ledgers = false } = options;
  for (const [batchId, rows] of pieces.entries()) {
    const batch = priceBatch(
      rows[0]!.partner,
      rows.map(({ row }) => row),
      { batchId },
    );
    const value = { vertical, currency, market, client, experimentKey };
    yield { terms: { $case: 'context', value }, batch, withLedgers: ledgers };
  }
}

interface Pricing {
  readonly client: MeshClient<typeof PricingServiceDefinition>;
  close(): Promise<void>;
}

async function reach({ address, config }: Options): Promise<Pricing> {
  process.env.LOG_LEVEL ??= 'error';
  // Only now: loggers read LOG_LEVEL when their modules load.
  const { connect, connectMesh, createMemoryNetwork, serve } = await import('../../../libs/mesh/index.ts');
  if (address !== undefined) return connectMesh(PricingServiceDefinition, address);
  const { createPricingService } = await import('../../pricing/service.ts');
  const network = createMemoryNetwork();
  const service = createPricingService({ configDirectory: config, watch: false });
  const server = await serve({ name: service.name, services: service.services, at: { network } });
  const { client, close } = connect(PricingServiceDefinition, { network, name: service.name });
  return {
    client,
    async close() {
      await close();
      await server.close();
      await service.close();
    },
  };
}

/** A row as it is printed; amounts in major units of the shown currency. */
interface QuotedRow {
  readonly line: number;
  readonly partner: string;
  readonly partnerTotal: { readonly amount: string; readonly currencyCode: string };
  readonly currencyCode: string;
  readonly total?: string;
  readonly totalMax?: string;
  readonly dueLater?: string;
  readonly tax?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly ruleSet: string;
  readonly rateTable: string;
  readonly staleRates?: string;
  readonly ledger?: ExplainResponse['lines'];
  readonly ledgerMax?: ExplainResponse['lines'];
}

function quotedRows(rows: readonly NamedRow[], { view, quotes, ledgers }: QuoteResponse): QuotedRow[] {
  const currencyCode = view?.context?.currency ?? '';
  const reasons = new Map(quotes?.unpriced.map((one) => [one.row, one]));
  const amounts = (bytes: Uint8Array = Buffer.alloc(0)): ((row: number) => string | undefined) => {
    const read = readInt64s(bytes);
    return (row) => {
      const minor = row < read.length ? read.get(row) : -1;
      return minor < 0 ? undefined : formatMinor(minor, currencyCode);
    };
  };
  const total = amounts(quotes?.totalMinor);
  const totalMax = amounts(quotes?.totalMaxMinor);
  const dueLater = amounts(quotes?.dueLaterMinor);
  const tax = amounts(quotes?.taxMinor);
  return rows.map(({ partner, row, line }, at): QuotedRow => {
    const reason = reasons.get(at);
    const ledger = ledgers[at];
    const own = { amount: formatMinor(row.totalMinor, row.currency), currencyCode: row.currency };
    const said = { total: total(at), totalMax: totalMax(at), dueLater: dueLater(at), tax: tax(at) };
    return {
      line,
      partner,
      partnerTotal: own,
      currencyCode,
      ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<typeof said>),
      ...(reason && { reason: reason.reason, detail: reason.detail }),
      ruleSet: view?.ruleSet ?? '',
      rateTable: view?.rateTable ?? '',
      ...(view?.staleRates && { staleRates: view.staleRates }),
      ...(ledger && { ledger: ledger.lines }),
      ...(ledger && ledger.linesMax.length > 0 && { ledgerMax: ledger.linesMax }),
    };
  });
}

function cellsOf({
  line,
  partner,
  partnerTotal,
  total,
  totalMax,
  dueLater = '',
  tax = '',
  ...row
}: QuotedRow): string[] {
  const upTo = totalMax === undefined || totalMax === total ? '' : `–${totalMax}`;
  return [
    String(line),
    partner,
    `${partnerTotal.amount} ${partnerTotal.currencyCode}`,
    total === undefined ? '' : `${total}${upTo} ${row.currencyCode}`,
    Number(dueLater) === 0 ? '' : dueLater,
    tax,
    row.reason === undefined ? '' : styleText('yellow', `${row.reason}: ${row.detail}`),
  ];
}

function ledgerText(row: QuotedRow): string {
  const { line, partner, reason, detail, ledger = [], ledgerMax = [] } = row;
  const head = styleText('bold', `Row ${line}, ${partner}`);
  if (reason !== undefined) return `${head}\n${styleText('yellow', `${reason}: ${detail}`)}\n`;
  const rows = [...ledger, ...ledgerMax].map(({ description, amount, runningTotal }) => [
    amount?.amount ?? '',
    runningTotal?.amount ?? '',
    runningTotal?.currencyCode ?? '',
    description,
  ]);
  return `${head}\n${table(['>amount', '>total', '', 'what'], rows)}\n`;
}
