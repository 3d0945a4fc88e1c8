/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** The file as it was given to the loader. */
  readonly file: string;
  /** 1-based; 0 when the problem is the file itself (it cannot be read). */
  readonly line: number;
  /** 1-based; 0 when the problem is the file itself. */
  readonly column: number;
  /** What is wrong and what was expected. */
  readonly reason: string;
}

/** A configuration that cannot be used. Lists every problem found, not only the first. */
export class ConfigError extends Error {
  /** Every problem, in the order of the files and within a file from top to bottom. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** A problem in one line, in the form that editors turn into a link: "file:line:column: reason". */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  return `${place}: ${problem.reason}`;
}

/** Runs checks one after the other and throws one {@link ConfigError} with the problems of all that failed. */
export function collectProblems<T>(checks: Iterable<() => T>): T[] {
  const problems: ConfigProblem[] = [];
  const results: T[] = [];
  for (const check of checks) {
    try {
      results.push(check());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return results;
}
