import type { Clients } from '../../libs/clients/index.ts';
import { ConfigError, type ConfigProblem } from '../../libs/config/index.ts';
import { ExpressionError } from '../../libs/expression/index.ts';
import { type CompletionPolicy, compileCompletion } from './completion.ts';

/** The completion policy of a client; undefined for one that waits for every partner. */
export type Policies = (client: string) => CompletionPolicy | undefined;

/**
 * Compiles the completion policies of clients.
 * @throws ConfigError with file, line and column of everything that is wrong
 */
export function compilePolicies(clients: Clients): Policies {
  const problems: ConfigProblem[] = [];
  const compiled = new Map<string, CompletionPolicy>();
  for (const { source, problem } of clients.completions) {
    try {
      compiled.set(source, compileCompletion(source));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problems.push(problem(error.detail, error));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return (client) => compiled.get(clients.completionOf(client)?.source ?? '');
}
