// `entrepot pricing sample`: records searches of the pretend partners, for rules repositories that have no real ones to try rules on.
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { configDirectory } from '../../../libs/config/index.ts';
import { whole } from '../verticals/arguments.ts';

interface Options {
  readonly directory: string;
  readonly searches: number;
  readonly verticals: string[];
  readonly markets: string[];
  readonly megabytes: number;
  readonly config: string;
}

/** What is sought, over and over with other dates. */
const SOUGHT: Readonly<Record<string, readonly ((ahead: number) => object)[]>> = {
  flight: [
    ['LHR', 'JFK'],
    ['CDG', 'BCN'],
    ['FRA', 'MAD'],
    ['LHR', 'SIN'],
  ].map(([origin, destination]) => (ahead) => ({
    flight: { origin, destination, departureDate: inDays(ahead), adults: 1 },
  })),
  stay: ['PMI', 'PAR', 'LON'].map((place) => (ahead) => ({
    stay: { place, checkIn: inDays(ahead), checkOut: inDays(ahead + 3), rooms: [{ adults: 2 }] },
  })),
  good: ['cordless drill', 'headphones'].map((query) => () => ({ good: { query } })),
  ride: [
    () => ({
      ride: {
        pickup: { point: { latitude: 51.5, longitude: -0.12 } },
        dropoff: { point: { latitude: 51.47, longitude: -0.45 } },
        passengers: 2,
      },
    }),
  ],
};

/** What is shown where. */
const CURRENCIES: Readonly<Record<string, string>> = {
  GB: 'GBP',
  DE: 'EUR',
  FR: 'EUR',
  US: 'USD',
  CH: 'CHF',
  JP: 'JPY',
};

const help = `
Examples:
  entrepot pricing sample --directory samples
  entrepot pricing sample --directory samples --searches 40 --verticals flight,stay --markets GB,DE,US

Everything runs in this process, with the pretend partners. Real searches are recorded by query itself: pricingSamples in query.yaml.
`;

/** Builds the command. */
export function sampleCommand(): Command {
  return new Command('sample')
    .description('Record searches of the pretend partners, to try rules on.')
    .requiredOption('--directory <directory>', 'where the samples go')
    .option('--searches <count>', 'how many', whole, 24)
    .option('--verticals <names>', 'of these verticals', listOf(Object.keys(SOUGHT)), [
      'flight',
      'stay',
      'good',
      'ride',
    ])
    .option('--markets <codes>', 'in these markets', listOf(Object.keys(CURRENCIES)), ['GB', 'DE', 'US'])
    .option('--megabytes <count>', 'most that the samples may take; the oldest go first', whole, 16)
    .option('--config <directory>', 'configuration directory (environment: ENTREPOT_CONFIG)', configDirectory())
    .addHelpText('after', help)
    .action(async (options: Options) => {
      process.env.LOG_LEVEL ??= 'error';
      const directory = resolve(options.directory);
      const recorded = await record({ ...options, directory });
      console.log(`${recorded} searches are recorded in ${directory}.`);
      if (recorded === 0) process.exitCode = 1;
    });
}

async function record({ directory, searches, verticals, markets, megabytes, config }: Options): Promise<number> {
  // Only now: loggers read LOG_LEVEL when their modules load.
  const { startFused } = await import('../fused.ts');
  const { edgeUrl, close } = await startFused({
    port: 0,
    ingressAddress: '127.0.0.1:0',
    inMemory: true,
    withoutKeys: true,
    configDirectory: config,
    pricingSamples: { directory, bytes: megabytes * 1_000_000, share: 1 },
  });
  let recorded = 0;
  try {
    for (let at = 0; at < searches; at++) {
      const market = markets[at % markets.length]!;
      const kinds = SOUGHT[verticals[Math.floor(at / markets.length) % verticals.length]!]!;
      const round = Math.floor(at / (markets.length * verticals.length));
      const criteria = kinds[round % kinds.length]!(20 + at);
      const request = {
        ...criteria,
        currency: CURRENCIES[market]!,
        market,
        orderBy: round % 2 === 0 ? 'price' : 'best',
      };
      const response = await fetch(`${edgeUrl}/v1/searches`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      const answer = (await response.json()) as { detail?: string; totalSize?: number };
      if (!response.ok) console.error(styleText('yellow', `${JSON.stringify(criteria)}: ${answer.detail}`));
      else if ((answer.totalSize ?? 0) > 0) recorded++;
    }
  } finally {
    // What is taken is written by then.
    await close();
  }
  return recorded;
}

function inDays(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString();
}

function listOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const given = text.split(',').map((one) => known.find((name) => name.toLowerCase() === one.trim().toLowerCase()));
    if (given.includes(undefined)) throw new InvalidArgumentError(`Expected some of: ${known.join(', ')}.`);
    return given as string[];
  };
}
