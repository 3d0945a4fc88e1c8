import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type ConfigProblem, loadYamlDocument } from '../../libs/config/index.ts';
import { type Decimal, minorDigits } from '../../libs/money/index.ts';
import { readEcbFile } from './ecb.ts';
import type { FxPolicy, FxSource } from './fx.ts';
import { readRate } from './rate.ts';
import type { SourceSheets } from './rate-book.ts';
import type { RateSheet } from './rates.ts';

/** A rate table as a YAML file, `rates/<date>.yaml`. */
interface RateFile {
  readonly date: string;
  readonly base: string;
  readonly source: string;
  readonly indicative: boolean;
  readonly rates: Readonly<Record<string, unknown>>;
}

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['date', 'base', 'source', 'rates'],
  properties: {
    date: { type: 'string', format: 'date', description: 'the day of the rates, "YYYY-MM-DD", as in the file name' },
    base: { type: 'string', pattern: '^[A-Z]{3}$', description: 'an ISO 4217 code; rates are units for one of it' },
    source: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'who says so; every explained price shows it',
    },
    indicative: {
      type: 'boolean',
      default: false,
      description: 'quoted by nobody: never old, used only where there are no others',
    },
    rates: { type: 'object', minProperties: 1, description: 'currency code to a quoted decimal' },
  },
};

/** So many days ahead a table may be put into place. */
const MOST_DAYS_AHEAD = 31;

/** Sheets as they were read, and what is wrong with those that could not be. */
export interface RateFiles {
  /** By date, oldest first. */
  readonly sheets: readonly RateSheet[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * Reads the files of every source of a policy.
 *
 * @param directory the folder that the sources' directories are in
 * @param today ISO 8601
 */
export function readRateSources(
  policy: FxPolicy,
  directory: string,
  today: string,
): { readonly sources: readonly SourceSheets[]; readonly problems: readonly ConfigProblem[] } {
  const problems = new Map<string, ConfigProblem>();
  const sources = policy.sources.map((source) => {
    const read = readRateFiles(path.join(directory, source.directory), source.format, today);
    // Two sources of one folder find the same wrong with it.
    for (const problem of read.problems) problems.set(`${problem.file}:${problem.line}:${problem.reason}`, problem);
    return { source, sheets: read.sheets };
  });
  if (problems.size === 0 && sources.every(({ sheets }) => sheets.length === 0)) {
    const folder = path.join(directory, policy.sources[0]!.directory);
    return { sources, problems: [fileProblem(folder, NONE)] };
  }
  return { sources, problems: [...problems.values(), ...unjoined(sources, directory)] };
}

const NONE = 'no rate table; add rates/<date>.yaml or an ECB eurofxref-daily.xml';

/**
 * Reads the files of one format in a directory: `.xml` for ecb, `.yaml` and `.yml` for yaml. Two files of one day are a problem: which
 * one holds?
 */
export function readRateFiles(directory: string, format: FxSource['format'], today: string): RateFiles {
  const problems: ConfigProblem[] = [];
  const byDate = new Map<string, { sheet: RateSheet; file: string }>();
  for (const file of rateFiles(directory, format, problems)) {
    try {
      const sheet = format === 'ecb' ? readEcbFile(file) : readYamlFile(file);
      const other = byDate.get(sheet.date);
      const ahead = (Date.parse(sheet.date) - Date.parse(today)) / 86_400_000;
      if (ahead > MOST_DAYS_AHEAD) {
        const reason = `is dated ${sheet.date}, ${ahead} days ahead; a table can be put here ${MOST_DAYS_AHEAD} days before its day`;
        problems.push(fileProblem(file, reason));
      } else if (other === undefined) byDate.set(sheet.date, { sheet, file });
      else problems.push(fileProblem(file, `${path.basename(other.file)} has the rates of ${sheet.date} already`));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  const sheets = [...byDate.values()].map(({ sheet }) => sheet).sort((a, b) => (a.date < b.date ? -1 : 1));
  return { sheets, problems };
}

function rateFiles(directory: string, format: FxSource['format'], problems: ConfigProblem[]): string[] {
  const wanted = format === 'ecb' ? /\.xml$/ : /\.ya?ml$/;
  try {
    return readdirSync(directory)
      .filter((name) => wanted.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => path.join(directory, name));
  } catch {
    problems.push(fileProblem(directory, 'the directory of rate tables cannot be read'));
    return [];
  }
}

function readYamlFile(file: string): RateSheet {
  const document = loadYamlDocument<RateFile>(file, schema);
  const { date, source, base, indicative, rates: stated } = document.value;
  const problems: ConfigProblem[] = [];
  const named = path.basename(file).replace(/\.ya?ml$/, '');
  if (named !== date) problems.push(document.problem(['date'], `the file is named ${named}, its date is ${date}`));
  if (minorDigits(base) === undefined) {
    problems.push(document.problem(['base'], `"${base}" is no ISO 4217 currency code`));
  }
  const rates = new Map<string, Decimal>();
  for (const [currency, text] of Object.entries(stated)) {
    const read = readRate(currency, text, base);
    if (typeof read === 'string') problems.push(document.problem(['rates', currency], read));
    else rates.set(currency, read);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { date, source, rates, base, indicative };
}

/** Sources whose bases nothing joins: neither has a rate of the other's. */
function unjoined(sources: readonly SourceSheets[], directory: string): ConfigProblem[] {
  const sheets = sources.flatMap(({ source, sheets }) => sheets.map((sheet) => ({ source, sheet })));
  const first = sheets[0]?.sheet.base ?? 'EUR';
  const problems: ConfigProblem[] = [];
  for (const { source, sheet } of sheets) {
    const base = sheet.base ?? 'EUR';
    const joined = base === first || sheet.rates.has(first) || sheets.some((other) => other.sheet.rates.has(base));
    if (joined) continue;
    const reason = `the table of ${sheet.date} is in units for one ${base}, and no table has a rate between ${base} and ${first}`;
    problems.push(fileProblem(path.join(directory, source.directory), reason));
  }
  return problems;
}

function fileProblem(file: string, reason: string): ConfigProblem {
  return { file, line: 0, column: 0, reason };
}
