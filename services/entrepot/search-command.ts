// `entrepot search`: a search at a terminal. Partners report in as they answer; then a table, and every partner's
// outcome below it.
import { styleText } from 'node:util';
import { Command } from 'commander';
import { EntrepotProblem, type Lost, type SearchRequest, type SearchView } from '../../libs/client/index.ts';
import { runningEdge } from './edge-address.ts';
import { clientOf, type EdgeOptions, problemText, withKey } from './edge-request.ts';
import { offerTable, outcomeLine, outcomeTable } from './table.ts';
import { upper, whole } from './verticals/arguments.ts';
import { terminalVerticals } from './verticals/index.ts';
import type { TerminalVertical } from './verticals/vertical.ts';

interface CommonOptions extends EdgeOptions {
  readonly currency: string;
  readonly market: string;
  readonly filter?: string;
  readonly order: string;
  readonly pageSize: number;
  readonly partners?: string;
  readonly everyOffer?: true;
  readonly json?: true;
}

/** Builds the command. */
export function searchCommand(): Command {
  const search = new Command('search').description('Search every partner and watch them answer.');
  for (const vertical of terminalVerticals) {
    vertical.describe(common(search.command(vertical.name)), (options: CommonOptions, criteria) =>
      runSearch(options, criteria, vertical),
    );
  }
  return search;
}

function common(command: Command): Command {
  return withKey(command)
    .option('--currency <code>', 'currency of the shown prices, ISO 4217', upper, 'EUR')
    .option('--market <code>', 'market they are shown in, ISO 3166-1', upper, 'GB')
    .option('--filter <cel>', 'CEL over attributes: "price < 500.0"')
    .option('--order <by>', 'price, best, or a sortable attribute, with " desc" for the other way', 'price')
    .option('--page-size <count>', 'rows to show', whole, 15)
    .option('--partners <names>', 'ask these partners alone: duffel,travelport')
    .option('--every-offer', 'one row an offer instead of one a product')
    .option('--edge <url>', 'ask this edge; without it, the one on port 8080, and where none runs, one in this process')
    .option('--json', 'one JSON document for scripts, and nothing else');
}

async function runSearch(options: CommonOptions, criteria: object, vertical: TerminalVertical): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const edge = await findEdge(options.edge);
  try {
    const request: SearchRequest = {
      ...criteria,
      currency: options.currency,
      market: options.market,
      pageSize: options.pageSize,
      orderBy: options.order,
      ...(options.filter !== undefined && { filter: options.filter }),
      ...(options.partners !== undefined && { partners: options.partners.split(',') }),
      ...(options.everyOffer === true && { grouping: 'GROUPING_OFFER' }),
    };
    let view: SearchView | undefined;
    // An edge of our own is for this search alone, and asks for no key.
    const client = clientOf(edge.url, edge.own ? { key: '' } : options);
    for await (view of client.search(request, { signal: stop.signal, onReconnect: tellLost })) {
      if (options.json !== true) for (const outcome of view.changed.outcomes) console.log(outcomeLine(outcome));
    }
    if (view === undefined)
      throw new EntrepotProblem({ reason: 'INTERNAL', detail: 'The search ended without a result.' });
    if (options.json === true) console.log(jsonOf(view));
    else print(view, vertical, edge.own ? undefined : explainHint(view, options.edge));
  } catch (error) {
    if (stop.signal.aborted) process.exitCode = 130;
    else if (error instanceof EntrepotProblem) refuse(error, options.json === true);
    else throw error;
  } finally {
    await edge.close();
  }
}

/** The view as it ended; what it was like on the way is nobody's any more. */
function jsonOf({ connection: _, changed: __, ...view }: SearchView): string {
  return JSON.stringify(view, null, 2);
}

function tellLost({ delayMs, cause }: Lost): void {
  console.error(styleText('dim', `${cause.message} Trying again in ${Math.round(delayMs)} ms.`));
}

/** @param hint what to type to learn more; undefined where nothing is held any longer */
function print(view: SearchView, vertical: TerminalVertical, hint: string | undefined): void {
  const { progress } = view;
  const shown = view.offers.length;
  console.log();
  console.log(shown === 0 ? 'No offers.' : offerTable(view, vertical));
  console.log();
  console.log(
    `${shown} of ${view.totalSize} shown; ${progress.offersMatching ?? 0} of ${progress.offers ?? 0} offers match, ` +
      `${progress.products ?? 0} products${progress.productsProvisional === true ? ' (provisional: identity is still being decided)' : ''}, ` +
      `${progress.elapsedMs ?? 0} ms.`,
  );
  console.log();
  console.log(outcomeTable(view.outcomes));
  if (hint !== undefined) console.log(styleText('dim', `\n${hint}`));
}

function explainHint({ searchId, offers }: SearchView, edge: string | undefined): string {
  const first = offers[0] === undefined ? '' : ` (${offers[0].offerId}: why the first offer)`;
  return `npx entrepot explain ${edge === undefined ? '' : `--edge ${edge} `}${searchId} says why it went like this${first}`;
}

function refuse(error: EntrepotProblem, json: boolean): void {
  process.exitCode = 2;
  if (json) {
    console.log(JSON.stringify({ problem: error.problem }, null, 2));
    return;
  }
  console.error(styleText('red', problemText(error)));
  const { violations } = error;
  // One violation is the message already.
  if (violations.length < 2) return;
  for (const { field, description } of violations) console.error(`  ${field}: ${description}`);
}

/** The edge to ask: the named one, else one that runs here already, else one of our own for this search. */
async function findEdge(named: string | undefined): Promise<{ url: string; own: boolean; close(): Promise<void> }> {
  const url = await runningEdge(named);
  if (url !== undefined) return { url, own: false, close: async () => {} };
  process.env.LOG_LEVEL ??= 'error';
  // Only now: loggers read LOG_LEVEL when their modules load, and a search at a running edge needs none of them.
  const { startFused } = await import('./fused.ts');
  const fused = await startFused({ port: 0, ingressAddress: '127.0.0.1:0', inMemory: true, withoutKeys: true });
  return { url: fused.edgeUrl, own: true, close: fused.close };
}
