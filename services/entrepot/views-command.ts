// `entrepot views`: the registered views, how often they are used, and which fields nobody reads.
import { styleText } from 'node:util';
import { Command } from 'commander';
import { EntrepotProblem, type ListFieldUsageResponse, type ListViewsResponse } from '../../libs/client/index.ts';
import { runningEdge } from './edge-address.ts';
import { clientOf, type EdgeOptions, problemText, withKey } from './edge-request.ts';
import { table } from './table.ts';

interface Options extends EdgeOptions {
  readonly json?: true;
  readonly client?: string;
}

const examples = `
A view is a file of its own, deploy/config/views/<name>@<version>.yaml; services/edge/README.md says what stands in it. The edge counts in
its process, since it began.

Examples:
  entrepot views                             the views, and their uses
  entrepot views fields                      who asks for which field of offers, and which fields nobody asks for
  entrepot views fields --client partner-app of one client
`;

/** Builds the command. */
export function viewsCommand(): Command {
  const command = new Command('views')
    .description('The registered views, and what clients read.')
    .addHelpText('after', examples);
  reaching(command).action((options: Options) =>
    asking(options, async (edge) => [await edge.call('ListViews', {}), viewsText] as const),
  );
  const fields = reaching(new Command('fields'))
    .description('Who asks for which field of offers, and which fields nobody asks for.')
    .option('--client <name>', 'of one client')
    .action((_own: unknown, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      const { client } = options;
      return asking(options, async (edge) => [await edge.call('ListFieldUsage', { client }), fieldsText] as const);
    });
  return command.addCommand(fields);
}

/** The views as a table. */
export function viewsText({ views = [] }: ListViewsResponse): string {
  if (views.length === 0) return 'There are no views for this client.';
  return table(
    ['view', 'of', '>uses', 'takes', 'until', 'what it is'],
    views.map(({ name, version, vertical, uses = 0, parameters = [], deprecation, description }) => [
      `${name}@${version}`,
      vertical,
      String(uses),
      parameters.length > 4
        ? `${parameters.slice(0, 4).join(', ')} and ${parameters.length - 4} more`
        : parameters.join(', '),
      deprecation === undefined ? '' : styleText('yellow', deprecation.sunset || `deprecated ${deprecation.since}`),
      description,
    ]),
  );
}

/** The use of fields as a table, and what is not used. */
export function fieldsText({ usages = [], unused = [], since }: ListFieldUsageResponse): string {
  const head = `Counted since ${since}.`;
  if (usages.length === 0) return `${head} Nobody has asked for offers yet.`;
  const rows = usages.map(({ field, client, view = '', requests = 0, lastAt }) => [
    field,
    client,
    view,
    String(requests),
    lastAt,
  ]);
  const nobody =
    unused.length === 0
      ? 'Every field is read by somebody, or comes along where everything is asked for.'
      : `Nobody asks for:\n  ${unused.join('\n  ')}`;
  return `${head}\n\n${table(['field', 'client', 'view', '>requests', 'last'], rows)}\n\n${nobody}`;
}

function reaching(command: Command): Command {
  return withKey(command)
    .option('--edge <url>', 'ask this edge; without it, the one on port 8080')
    .option('--json', 'one JSON document for scripts, and nothing else');
}

async function asking<Found>(
  options: Options,
  work: (edge: ReturnType<typeof clientOf>) => Promise<readonly [Found, (found: Found) => string]>,
): Promise<void> {
  const url = await runningEdge(options.edge);
  if (url === undefined) {
    const detail = 'No edge runs here. Start one with "entrepot up", or say where with --edge.';
    throw new EntrepotProblem({ reason: 'UNREACHABLE', detail });
  }
  try {
    const [found, text] = await work(clientOf(url, options));
    console.log(options.json === true ? JSON.stringify(found, null, 2) : text(found));
  } catch (error) {
    if (!(error instanceof EntrepotProblem)) throw error;
    process.exitCode = 2;
    if (options.json === true) console.log(JSON.stringify({ problem: error.problem }, null, 2));
    else console.error(styleText('red', problemText(error)));
  }
}
