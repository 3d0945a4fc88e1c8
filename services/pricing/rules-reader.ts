import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { ConfigError, type ConfigProblem } from '../../libs/config/index.ts';
import { RuleSet, type RulesContent } from './rules.ts';
import { readRulesFile } from './rules-file.ts';

/** What the thread answers. */
export type RulesAnswer = { readonly content: RulesContent } | { readonly problems: readonly ConfigProblem[] };

/** A file up to this is read in less time than a thread takes to start, bytes. */
const SMALL = 32 * 1024;

/**
 * Reads a file of rules as readRulesFile does, a large one in a thread of its own: thousands of rules take seconds, in which prices
 * are asked for. What is left to do here is to build the set of what was read.
 *
 * @throws ConfigError with every problem
 */
export async function readRulesAside(file: string): Promise<RuleSet> {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= SMALL) return readRulesFile(file);
  const worker = new Worker(new URL('./rules-thread.ts', import.meta.url), { workerData: file });
  try {
    const answer = await new Promise<RulesAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread that reads rules ended with ${code}`)));
    });
    if ('problems' in answer) throw new ConfigError(answer.problems);
    return new RuleSet(answer.content);
  } finally {
    await worker.terminate();
  }
}
