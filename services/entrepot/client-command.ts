// `entrepot client`: keys for clients, and what clients.yaml says of them.
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { type Clients, loadClients, makeKey, permissionNames } from '../../libs/clients/index.ts';
import { ConfigError, configDirectory, formatProblem } from '../../libs/config/index.ts';
import { readDate } from './dates.ts';
import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: true;
}

const help = `
A key is shown once, here, and kept nowhere: clients.yaml holds its hash. The edge follows the file while it changes, so that a key works as
soon as its lines are there, and no longer when they are gone. To change a key add a second one, hand it over, and take the
first one away when it is no longer used.

Examples:
  entrepot client key partner-app                    a key for good
  entrepot client key partner-app --expires 90d      one for 90 days
  entrepot client list                               who is who, and whose keys run out
`;

/** Builds the command. */
export function clientCommand(): Command {
  return new Command('client')
    .description('Clients of the edge: make keys for them, and see what they may do.')
    .addCommand(keyCommand())
    .addCommand(listCommand())
    .addHelpText('after', help);
}

function configured(command: Command): Command {
  return command
    .option('--config <directory>', 'configuration directory (environment: ENTREPOT_CONFIG)', configDirectory())
    .option('--json', 'one JSON document for scripts, and nothing else');
}

function keyCommand(): Command {
  return configured(new Command('key'))
    .description('Make a key, and print it with the lines for clients.yaml.')
    .argument('<client>', 'name of the client', clientName)
    .option('--expires <when>', 'from when on it is refused: 90d, 12w, or a day such as 2027-02-24', expiry)
    .action((client: string, { config, json, expires }: Options & { expires?: string }) => {
      const { id, key, hash } = makeKey();
      const entry = { id, hash, created: today().toString(), ...(expires !== undefined && { expires }) };
      if (json === true) console.log(JSON.stringify({ client, key, ...entry }, null, 2));
      else console.log(keyText(client, key, entry, clientsIn(config)));
    });
}

function listCommand(): Command {
  return configured(new Command('list'))
    .description('List the clients of clients.yaml, and what they may do.')
    .action(({ config, json }: Options) => {
      const clients = clientsIn(config);
      if (json === true)
        console.log(
          JSON.stringify(
            clients.names.map((name) => summaryOf(name, clients)),
            null,
            2,
          ),
        );
      else console.log(listText(clients));
    });
}

/** @throws Error with every problem of the file */
function clientsIn(directory: string): Clients {
  try {
    return loadClients(directory);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Error(error.problems.map(formatProblem).join('\n'));
  }
}

type Entry = Readonly<Record<'id' | 'hash' | 'created', string>> & { readonly expires?: string };

function keyText(client: string, key: string, entry: Entry, clients: Clients): string {
  const fields = Object.entries(entry).map(
    ([name, value]) => `${name}: ${name === 'created' || name === 'expires' ? value : `"${value}"`}`,
  );
  const line = `      - { ${fields.join(', ')} }`;
  const where = clients.has(client) ? `below "${client}" in` : 'in';
  return [
    styleText('bold', key),
    '',
    `This is shown once: hand it to ${client}, and keep it nowhere else. These lines go ${where} clients.yaml:`,
    '',
    'clients:',
    `  ${client}:`,
    '    keys:',
    line,
  ].join('\n');
}

interface Summary {
  readonly client: string;
  readonly tier: string;
  readonly permissions: readonly string[];
  readonly markets: readonly string[] | 'all';
  readonly partners: readonly string[] | 'all';
  readonly views: readonly string[] | 'all';
  readonly budget: { readonly capacity: number; readonly refillPerSecond: number } | 'unlimited';
  readonly streams: number | 'unlimited';
  readonly sees: 'own' | 'all';
  readonly origins: readonly string[];
  readonly keys: readonly { readonly id: string; readonly expires?: string; readonly state: 'valid' | 'expired' }[];
}

function summaryOf(client: string, clients: Clients): Summary {
  const identity = clients.identityOf(client);
  const listed = (set: ReadonlySet<string> | undefined): readonly string[] | 'all' =>
    set === undefined ? 'all' : [...set];
  return {
    client,
    tier: clients.tierOf(client).name,
    permissions: [...permissionNames]
      .filter(([, permission]) => identity.permissions.has(permission))
      .map(([name]) => name),
    markets: listed(identity.markets),
    partners: listed(identity.partners),
    views: listed(identity.views),
    budget: identity.budget ?? 'unlimited',
    streams: identity.streams ?? 'unlimited',
    sees: clients.seesAll(client) ? 'all' : 'own',
    origins: identity.origins,
    keys: clients.keys
      .filter((key) => key.client === client)
      .map(({ id, expiresAt }) => ({
        id,
        ...(expiresAt !== undefined && { expires: new Date(expiresAt).toISOString().slice(0, 10) }),
        state: expiresAt !== undefined && expiresAt <= Date.now() ? 'expired' : 'valid',
      })),
  };
}

function listText(clients: Clients): string {
  if (clients.names.length === 0) {
    return 'No client has a name. "entrepot client key <name>" makes a key, and prints the lines for clients.yaml.';
  }
  const words = (list: readonly string[] | 'all'): string => (list === 'all' ? 'all' : list.join(', ') || 'none');
  const rows = clients.names.map((name) => {
    const { client, tier, permissions, markets, partners, budget, streams, sees, keys } = summaryOf(name, clients);
    const points = budget === 'unlimited' ? budget : `${budget.capacity}, ${budget.refillPerSecond}/s`;
    const held = keys.map(({ id, expires, state }) => {
      if (expires === undefined) return id;
      return state === 'expired' ? styleText('red', `${id} (expired ${expires})`) : `${id} (until ${expires})`;
    });
    const may = permissions.length === permissionNames.size ? 'all' : words(permissions);
    return [
      client,
      tier,
      may,
      words(markets),
      words(partners),
      points,
      String(streams),
      sees,
      held.join(', ') || 'none',
    ];
  });
  return table(['client', 'tier', 'may', 'markets', 'partners', 'budget', 'streams', 'sees', 'keys'], rows);
}

function clientName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits, dots, hyphens and underscores, at most 64.');
}

function expiry(text: string): string {
  const date = readDate(/^\d+[dw]$/.test(text) ? `+${text}` : text, today());
  if (date === undefined)
    throw new InvalidArgumentError('Expected days or weeks from now (90d, 12w), or a day (2027-02-24).');
  if (Temporal.PlainDate.compare(date, today()) <= 0) throw new InvalidArgumentError('That day has begun already.');
  return date;
}

function today(): Temporal.PlainDate {
  return Temporal.Now.plainDateISO('UTC');
}
