import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { yamlFiles } from '../../../libs/config/index.ts';
import { type LoadedCase, loadCase } from './cases.ts';

/** What supply found in live answers and wrote down, waiting to be adopted. */
export interface FoundDrift {
  /** The adapter's name. */
  readonly partner: string;
  readonly case: string;
  /** Which fields are otherwise, as a sentence. */
  readonly about: string;
  readonly file: string;
  readonly cassette: string;
}

/**
 * The cases that supply has written of what it found. Throws ConfigError for one that cannot be read.
 *
 * @param directory where supply writes them: a folder an adapter
 * @param partners names of adapters
 */
export function findDrift(directory: string, partners: readonly string[]): FoundDrift[] {
  return partners.flatMap((partner) =>
    yamlFiles(path.join(directory, partner, 'cases')).flatMap((file) => {
      const one = loadCase(file);
      // Supply writes none without one.
      if (one.cassette === undefined) return [];
      const { about = '' } = one.document.value;
      return [{ partner, case: one.name, about, file, cassette: one.cassette }];
    }),
  );
}

/** Moves a case with its cassette into a partner's folder, under a name that is free there. Answers the case as it is now. */
export function adoptDrift(
  { case: name, file, cassette }: FoundDrift,
  folder: string,
): LoadedCase & { readonly cassette: string } {
  const free = freeName(folder, name);
  const [toCase, toCassette] = ['cases', 'cassettes'].map((kind) => path.join(folder, kind, `${free}.yaml`));
  const text = readFileSync(file, 'utf8').replace(`../cassettes/${name}.yaml`, () => `../cassettes/${free}.yaml`);
  move(cassette, toCassette!, readFileSync(cassette, 'utf8'));
  move(file, toCase!, text);
  return { ...loadCase(toCase!), cassette: toCassette! };
}

function freeName(folder: string, name: string): string {
  const isTaken = (one: string) =>
    ['cases', 'cassettes'].some((kind) => existsSync(path.join(folder, kind, `${one}.yaml`)));
  const [, stem = name, number = '1'] = /^(.*)-(\d+)$/.exec(name) ?? [];
  let free = name;
  for (let next = Number(number) + 1; isTaken(free); next++) free = `${stem}-${next}`;
  return free;
}

/** By copying: data may lie on another file system than the repository. */
function move(from: string, to: string, text: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, text, { flag: 'wx' });
  rmSync(from);
}
