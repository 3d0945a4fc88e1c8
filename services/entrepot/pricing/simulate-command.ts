// `entrepot pricing simulate`: what other rules would make of recorded searches, and whether a rules repository lets them through.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { ConfigError, configDirectory, dataDirectory, formatProblem } from '../../../libs/config/index.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { type OrderOf, type Simulation, simulate } from './simulation.ts';
import { type Limits, violations } from './simulation-gate.ts';
import { simulationPicture } from './simulation-picture.ts';
import { simulationText } from './simulation-text.ts';

interface Options extends Limits {
  readonly rules: string;
  readonly baseline: string;
  readonly samples: string;
  readonly at?: number;
  readonly picture?: string;
  readonly json?: true;
}

const help = `
Samples are what query has kept of real searches (query.yaml: pricingSamples), or what "entrepot pricing sample" records of the
pretend partners. Commit some beside your rules, and let CI run:

  entrepot pricing simulate --rules . --baseline ../production --samples samples --max-change 2% --max-moved 10%

Each search is priced at its own instant, at the rates of its day where there are some. Exit code 1: a limit is not kept.
`;

/** Builds the command. */
export function simulateCommand(): Command {
  const samples = join(dataDirectory(), 'pricing-samples');
  return new Command('simulate')
    .description('Price recorded searches under other rules: who moves, by how much, margin and order.')
    .requiredOption('--rules <directory>', 'the other rules: a folder with rules.yaml, or a configuration directory')
    .option('--baseline <directory>', 'what they are held against: a configuration directory', configDirectory())
    .option('--samples <directory>', 'recorded searches', samples)
    .option('--at <instant>', 'price all at this instant (RFC 3339) instead of their own', instant)
    .option('--picture <file>', 'draw it as SVG too')
    .option('--max-change <percent>', 'limit: no price changes by more', percentage)
    .option('--max-moved <percent>', 'limit: no more of the rows change', percentage)
    .option('--min-margin <percent>', 'limit: the margin afterwards, of all and in every market', percentage)
    .option('--max-first-changed <percent>', 'limit: in no more searches is another partner first', percentage)
    .option('--json', 'one JSON document for scripts, and nothing else')
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

/** What the caller can mend by giving something else. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

function messageOf(error: unknown): string | undefined {
  if (error instanceof ConfigError) return error.problems.map(formatProblem).join('\n');
  return error instanceof Unusable ? error.message : undefined;
}

async function run(options: Options): Promise<void> {
  const { rules, baseline, samples, at, picture, json } = options;
  requireSamples(samples);
  process.env.LOG_LEVEL ??= 'error';
  // Only now: the services take a second to load, and their loggers read LOG_LEVEL when they do.
  const [{ PricingTrial }, query] = await Promise.all([
    import('../../pricing/service.ts'),
    import('../../query/service.ts'),
  ]);
  const now = Date.now();
  const before = PricingTrial.read(baseline, baseline, now);
  const after = PricingTrial.read(rules, baseline, now);
  const rankings = query.loadRankings(baseline);
  const orderOf: OrderOf = (sample, quotes, most, byPrice) => {
    const configured = rankings.get(sample.view?.context?.vertical ?? '') ?? new Map();
    const price = { orderBy: 'price', ranking: '' };
    try {
      return query.orderOfSample(sample, quotes, configured, most, byPrice ? price : sample);
    } catch (error) {
      // Its ranking is gone, or by attributes that are.
      if (!(error instanceof EntrepotError) || error.reason !== 'INVALID_ORDER_BY') throw error;
      return query.orderOfSample(sample, quotes, configured, most, price);
    }
  };
  let torn = 0;
  const recorded = query.readPricingSamples(samples, () => torn++);
  const simulation = await simulate(recorded, before, after, orderOf, at);
  if (simulation.samples === 0) throw new Unusable(noSamples(samples));
  const broken = violations(simulation, options);
  const limited = [options.maxChange, options.maxMoved, options.minMargin, options.maxFirstChanged];
  const refused = limited.some((limit) => limit !== undefined) ? broken : [];
  if (picture !== undefined) writeFileSync(picture, simulationPicture(simulation));
  if (json === true) console.log(JSON.stringify({ ...jsonOf(simulation), violations: refused }, null, 2));
  else print(simulation, refused, torn, picture);
  if (refused.length > 0) process.exitCode = 1;
}

function print(simulation: Simulation, refused: readonly string[], torn: number, picture: string | undefined): void {
  console.log(simulationText(simulation));
  if (torn > 0) console.log(styleText('dim', `\nThe last record of ${torn} files was torn, and left out.`));
  if (picture !== undefined) console.log(styleText('dim', `\nDrawn in ${picture}.`));
  for (const reason of refused) console.error(`${styleText('red', '✗')} ${reason}`);
}

/** Infinity has no JSON. */
function jsonOf(simulation: Simulation): object {
  const edge = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const distribution = simulation.distribution.map(({ from, to, rows }) => ({ from: edge(from), to: edge(to), rows }));
  return { ...simulation, distribution };
}

function requireSamples(directory: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(directory);
  } catch {
    // Told below.
  }
  if (!names.some((name) => name.endsWith('.samples'))) throw new Unusable(noSamples(directory));
}

function noSamples(directory: string): string {
  return (
    `There are no recorded searches in ${directory}. Let query keep some of real searches (query.yaml: pricingSamples: ` +
    '{ share: 0.01 }), or record some of the pretend partners: entrepot pricing sample --directory samples'
  );
}

function percentage(text: string): number {
  if (!/^\d{1,3}(\.\d{1,4})?%?$/.test(text)) throw new InvalidArgumentError('Expected per cent, such as 2% or 0.5%.');
  return Number(text.replace('%', '')) / 100;
}

function instant(text: string): number {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    throw new InvalidArgumentError('Expected an RFC 3339 instant, such as 2026-12-01T00:00:00Z.');
  }
}
