// `entrepot catalogue resolve`: which products many rows are, by one stream.
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import {
  type Identity,
  IdentityRule,
  type ResolveStreamRequest,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { type Vertical, vertical as verticalOf } from '../../../libs/vertical/index.ts';
import { askingNormalization, type CatalogueOptions, withNormalizationOptions } from './address.ts';
import { type EvidenceRow, evidenceOf, readRow } from './evidence-rows.ts';

interface Options extends CatalogueOptions {
  readonly vertical: string;
  readonly file: string;
}

/** Rows a request. */
const batch = 1_000;

const help = `
A row is a JSON object on a line: "partner", and attributes of the vertical by their names in the contract:
  {"partner": "acme", "property_code": "7", "property_name": "Hotel Bahia", "latitude": 39.52, "longitude": 2.74, "zone": "Europe/Madrid"}
The answer has a line for each, in their order:
  {"line": 1, "partner": "acme", "productId": "st_…", "rule": "KNOWN_KEY", "confidence": 1, "evidence": "…"}
The same rows get the same products however often they are sent: after a failure send all again.
`;

/** Builds the command. */
export function resolveCommand(): Command {
  return withNormalizationOptions(new Command('resolve'))
    .description(
      'Which products many rows are; what is not known yet is decided and remembered. NDJSON in, NDJSON out.',
    )
    .requiredOption('--vertical <name>', 'flight, stay, good or ride')
    .requiredOption('--file <rows.ndjson>', 'the rows; - for standard input')
    .addHelpText('after', help)
    .action(async (options: Options, command: Command) => {
      let vertical: Vertical;
      try {
        vertical = verticalOf(options.vertical);
      } catch (error) {
        return command.error((error as Error).message);
      }
      const file = new RowFile(options.file, vertical);
      await askingNormalization(options, async (client) => {
        const counts = new Map<string, number>();
        try {
          for await (const { decided } of client.resolveStream(file.requests())) {
            const { rows, positions } = file.sent.shift()!;
            const identities = inOrder(decided?.identities ?? [], positions);
            console.log(rows.map((row, at) => lineOf(row, identities[at], counts)).join('\n'));
          }
        } catch (error) {
          throw file.failure ?? error;
        }
        const said = [...counts].map(([rule, count]) => `${count} ${rule}`).join(', ');
        console.error(said === '' ? 'No rows.' : said);
      });
    });
}

/** The rows of a file, as requests of a stream. */
class RowFile {
  /** What was sent and is not answered yet. */
  readonly sent: { readonly rows: readonly EvidenceRow[]; readonly positions: readonly number[] }[] = [];
  /** Why the file cannot be read on: a call says of it no more than that it was cancelled. */
  failure: unknown;
  readonly #file: string;
  readonly #vertical: Vertical;

  constructor(file: string, vertical: Vertical) {
    this.#file = file;
    this.#vertical = vertical;
  }

  async *requests(): AsyncGenerator<ResolveStreamRequest> {
    try {
      let rows: EvidenceRow[] = [];
      let line = 0;
      for await (const text of this.#lines()) {
        line++;
        if (text.trim() === '') continue;
        rows.push(readRow(text, line, this.#vertical));
        if (rows.length < batch) continue;
        yield this.#request(rows);
        rows = [];
      }
      if (rows.length > 0) yield this.#request(rows);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  async *#lines(): AsyncGenerator<string> {
    const input = this.#file === '-' ? process.stdin : (await open(this.#file)).createReadStream();
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  }

  #request(rows: readonly EvidenceRow[]): ResolveStreamRequest {
    const { evidence, positions } = evidenceOf(rows);
    this.sent.push({ rows, positions });
    return { rows: { vertical: this.#vertical.name, evidence } };
  }
}

function inOrder(identities: readonly Identity[], positions: readonly number[]): Identity[] {
  const ordered: Identity[] = [];
  for (const [at, position] of positions.entries())
    if (identities[at] !== undefined) ordered[position] = identities[at];
  return ordered;
}

const rules = new Map<number, string>(Object.entries(IdentityRule).map(([name, rule]) => [rule, name]));

function lineOf({ line, partner }: EvidenceRow, identity: Identity | undefined, counts: Map<string, number>): string {
  if (identity === undefined) throw new Error(`line ${line}: the catalogue did not answer it`);
  const { productId, confidence, evidence } = identity;
  const rule = rules.get(identity.rule) ?? 'UNSPECIFIED';
  counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return JSON.stringify({ line, partner, productId, rule, confidence, evidence });
}
