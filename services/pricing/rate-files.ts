import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type ConfigProblem, loadYamlDocument } from '../../libs/config/index.ts';
import type { Decimal } from '../../libs/money/index.ts';
import { readEcbFile } from './ecb.ts';
import { readRate } from './rate.ts';
import { RateTable } from './rates.ts';

/** A rate table as a YAML file, `rates/<date>.yaml`. */
interface RateFile {
  readonly date: string;
  readonly base: 'EUR';
  readonly source: string;
  readonly rates: Readonly<Record<string, unknown>>;
}

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['date', 'base', 'source', 'rates'],
  properties: {
    date: { type: 'string', format: 'date', description: 'the day of the rates, "YYYY-MM-DD", as in the file name' },
    base: { const: 'EUR', description: 'rates are units for one euro' },
    source: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'who says so; every explained price shows it',
    },
    rates: { type: 'object', minProperties: 1, description: 'currency code to a quoted decimal' },
  },
};

/** Tables as they were read, and what is wrong with those that could not be. */
export interface RateFiles {
  /** By date, oldest first. */
  readonly tables: readonly RateTable[];
  readonly problems: readonly ConfigProblem[];
}

/** Reads every `.yaml`, `.yml` and `.xml` file of a directory. Two files of one day are a problem: which one holds? */
export function readRateFiles(directory: string): RateFiles {
  const problems: ConfigProblem[] = [];
  const byDate = new Map<string, { table: RateTable; file: string }>();
  for (const file of rateFiles(directory, problems)) {
    try {
      const table = file.endsWith('.xml') ? readEcbFile(file) : readYamlFile(file);
      const other = byDate.get(table.date);
      if (other === undefined) byDate.set(table.date, { table, file });
      else problems.push(fileProblem(file, `${path.basename(other.file)} has the rates of ${table.date} already`));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  const tables = [...byDate.values()].map(({ table }) => table).sort((a, b) => (a.date < b.date ? -1 : 1));
  if (tables.length === 0 && problems.length === 0) {
    problems.push(fileProblem(directory, 'no rate table; add rates/<date>.yaml or an ECB eurofxref-daily.xml'));
  }
  return { tables, problems };
}

function rateFiles(directory: string, problems: ConfigProblem[]): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.(ya?ml|xml)$/.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => path.join(directory, name));
  } catch {
    problems.push(fileProblem(directory, 'the directory of rate tables cannot be read'));
    return [];
  }
}

function readYamlFile(file: string): RateTable {
  const document = loadYamlDocument<RateFile>(file, schema);
  const { date, source, rates: stated } = document.value;
  const problems: ConfigProblem[] = [];
  const named = path.basename(file).replace(/\.ya?ml$/, '');
  if (named !== date) problems.push(document.problem(['date'], `the file is named ${named}, its date is ${date}`));
  const rates = new Map<string, Decimal>();
  for (const [currency, text] of Object.entries(stated)) {
    const read = readRate(currency, text);
    if (typeof read === 'string') problems.push(document.problem(['rates', currency], read));
    else rates.set(currency, read);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return new RateTable({ date, source, rates });
}

function fileProblem(file: string, reason: string): ConfigProblem {
  return { file, line: 0, column: 0, reason };
}
