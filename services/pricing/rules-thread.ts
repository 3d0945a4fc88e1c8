// Reads one file of rules and ends: see rules-reader.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../libs/config/index.ts';
import { readRulesContent } from './rules-file.ts';
import type { RulesAnswer } from './rules-reader.ts';

function answer(file: string): RulesAnswer {
  try {
    return { content: readRulesContent(file) };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

parentPort?.postMessage(answer(workerData as string));
