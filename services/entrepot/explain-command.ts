// `entrepot explain`: why an offer is what it is, or how a search went, from the edge that holds it.
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { type EntrepotClient, EntrepotProblem } from '../../libs/client/index.ts';
import { runningEdge } from './edge-address.ts';
import { clientOf, type EdgeOptions, problemText, withKey } from './edge-request.ts';
import { offerText, wholeRowText } from './explain/offer-text.ts';
import { searchText } from './explain/search-text.ts';
import { terminalVerticals } from './verticals/index.ts';

interface Options extends EdgeOptions {
  readonly product?: string;
  readonly row?: true;
  readonly json?: true;
}

/** What an id names, by its shape. */
interface Named {
  readonly kind: 'search' | 'offer';
  readonly id: string;
}

const examples = `
An id of a search is 16 letters and digits; that of an offer begins with its search's and has two more parts. Both stand in every
answer of the edge, and below the table of "entrepot search". They are held for as long as the search is: 15 minutes after its
last use, by the process that ran it.

Examples:
  entrepot explain Kp3VYbXqFvZ0aT9d                         how a search went, and why partners are missing
  entrepot explain Kp3VYbXqFvZ0aT9d --product fl_9bYx2LmQ   why a product is not shown
  entrepot explain Kp3VYbXqFvZ0aT9d-01-0004                 why an offer costs that, and why it is not the first
  entrepot explain Kp3VYbXqFvZ0aT9d-01-0004 --row           the partner's own row
`;

/** Builds the command. */
export function explainCommand(): Command {
  return withKey(new Command('explain'))
    .description('Why an offer is what it is, or how a search went.')
    .argument('<id>', 'id of an offer or of a search', named)
    .option('--product <id>', 'of a search: a product that is missing')
    .option('--row', "of an offer: the partner's own row, and nothing else")
    .option('--edge <url>', 'ask this edge; without it, the one on port 8080')
    .option('--json', 'one JSON document for scripts, and nothing else')
    .addHelpText('after', examples)
    .action(async ({ kind, id }: Named, options: Options, command: Command) => {
      if (kind === 'offer' && options.product !== undefined) command.error('--product is for the id of a search');
      if (kind === 'search' && options.row === true) command.error('--row is for the id of an offer');
      const url = await runningEdge(options.edge);
      if (url === undefined) {
        throw new EntrepotProblem({
          reason: 'UNREACHABLE',
          detail:
            'No edge runs here. A search is held by the process that ran it: start one with "entrepot up", search, then explain.',
        });
      }
      try {
        const edge = clientOf(url, options);
        console.log(kind === 'offer' ? await offer(edge, id, options) : await search(edge, id, options));
      } catch (error) {
        if (!(error instanceof EntrepotProblem)) throw error;
        process.exitCode = 2;
        if (options.json === true) console.log(JSON.stringify({ problem: error.problem }, null, 2));
        else console.error(styleText('red', problemText(error)));
      }
    });
}

async function offer(edge: EntrepotClient, id: string, options: Options): Promise<string> {
  const explanation = await edge.explain(id);
  if (options.json === true) return JSON.stringify(explanation, null, 2);
  if (options.row === true) return wholeRowText(explanation);
  // What has expired can be explained, but not be had.
  const shown = await edge.offer(id).catch((error: unknown) => {
    if (error instanceof EntrepotProblem) return undefined;
    throw error;
  });
  return offerText({ explanation, offer: shown }, terminalVerticals, Date.now());
}

async function search(edge: EntrepotClient, id: string, { product, json }: Options): Promise<string> {
  const explanation = await edge.explainSearch(id, product);
  return json === true ? JSON.stringify(explanation, null, 2) : searchText(explanation, Date.now());
}

function named(text: string): Named {
  if (/^[0-9A-Za-z]{16}$/.test(text)) return { kind: 'search', id: text };
  if (/^[0-9A-Za-z]{16}-[0-9a-z]+-[0-9a-z]+$/.test(text)) return { kind: 'offer', id: text };
  throw new InvalidArgumentError(`"${text}" is no id of a search or an offer.`);
}
