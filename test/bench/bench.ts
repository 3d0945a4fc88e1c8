// `npm run bench`: what a search costs, beside the floor in the same run.
//
//   npm run bench                       every figure
//   npm run bench -- cpu latency        those cases alone
//   npm run bench -- mapping            with ENTREPOT_BENCH_PARTNERS=uber,karhoo those partners alone
//   npm run bench -- feed               with ENTREPOT_BENCH_FEED_MB=1000 a feed of 1 GB; default 100 MB
//   npm run bench -- tail               with ENTREPOT_BENCH_SEARCHES=1000 fewer searches; default 10000 in each arm
//   npm run bench -- faults             with ENTREPOT_BENCH_SLICE_S=5 shorter slices; default 60 s each
//   npm run bench -- overload           with ENTREPOT_BENCH_ROUNDS=1 fewer rounds; default 5
//   npm run bench -- watchers           with ENTREPOT_BENCH_WATCHERS=500 fewer watchers; default 5000
//   npm run bench -- edge-streams       with ENTREPOT_BENCH_STREAMS=500 fewer clients; default 2000
//   npm run bench -- first-offer        with ENTREPOT_BENCH_ROUNDS=1 fewer rounds; default 5 of 20 searches by each protocol
//   npm run bench -- catalogue          with ENTREPOT_BENCH_PRODUCTS=10000 fewer products; default 100000
//   npm run bench -- graphql            with ENTREPOT_BENCH_ROUNDS=1 fewer rounds; default 5. Installs a gateway of npm's the first time
//   npm run bench -- --json             for programs
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { catalogueCase } from './cases/catalogue.ts';
import { cpuCase } from './cases/cpu.ts';
import { edgeCase } from './cases/edge.ts';
import { edgeStreamsCase } from './cases/edge-streams.ts';
import { faultsCase } from './cases/faults.ts';
import { feedCase } from './cases/feed.ts';
import { firstOfferCase } from './cases/first-offer.ts';
import { graphqlCase } from './cases/graphql.ts';
import { heldCase } from './cases/held.ts';
import { latencyCase } from './cases/latency.ts';
import { mappingCase, mappingTable } from './cases/mapping.ts';
import { maskCase } from './cases/mask.ts';
import { overloadCase } from './cases/overload.ts';
import { quoteCase } from './cases/quote.ts';
import { reuseCase } from './cases/reuse.ts';
import { scalingCase } from './cases/scaling.ts';
import { tailCase } from './cases/tail.ts';
import { watchersCase } from './cases/watchers.ts';
import { type Figure, figureTable } from './figures.ts';

/** A group of figures that are measured together. */
export type Case = (say: (line: string) => void) => Promise<readonly Figure[]>;

const cases: Readonly<Record<string, Case>> = {
  'cpu-compact': cpuCase('compact'),
  'cpu-duffel': cpuCase('duffel'),
  mapping: mappingCase,
  mask: maskCase,
  feed: feedCase,
  held: heldCase,
  latency: latencyCase,
  scaling: scalingCase,
  tail: tailCase,
  faults: faultsCase,
  overload: overloadCase,
  quote: quoteCase,
  reuse: reuseCase,
  watchers: watchersCase,
  edge: edgeCase,
  'edge-streams': edgeStreamsCase,
  'first-offer': firstOfferCase,
  catalogue: catalogueCase,
  graphql: graphqlCase,
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const chosen = Object.entries(cases).filter(
  ([name]) =>
    positionals.length === 0 ||
    positionals.some((wanted) => (wanted in cases ? name === wanted : name.startsWith(wanted))),
);
if (chosen.length === 0) {
  console.error(`No such case; there are ${Object.keys(cases).join(', ')}.`);
  process.exit(2);
}

const say = (line: string): void => console.error(line);
const figures: Figure[] = [];
for (const [name, run] of chosen) {
  say(`${name} …`);
  figures.push(...(await run(say)));
}
if (values.json) console.log(JSON.stringify(figures, null, 2));
else {
  console.log(
    `Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}. Medians of at least 5 runs; ratios are to the floor of the same run.`,
  );
  const rest = figures.filter(({ name }) => !name.startsWith('mapping.'));
  const mappings = figures.filter((one) => !rest.includes(one));
  if (rest.length > 0) console.log(figureTable(rest));
  if (mappings.length > 0) console.log(mappingTable(mappings));
}
