// Requests of commands to an edge: with the key of whoever types them.
import type { Command } from 'commander';
import { EdgeProblem } from './edge-problem.ts';

/** Which edge a command asks, and as whom. */
export interface EdgeOptions {
  readonly edge?: string;
  readonly key?: string;
}

/** Adds the option for the key. */
export function withKey(command: Command): Command {
  return command.option(
    '--key <key>',
    'key or token to ask with (environment: ENTREPOT_KEY, where nobody else on this machine sees it)',
  );
}

/** The key to ask with: the one that is named, else the environment's. */
export function keyOf({ key }: EdgeOptions): string | undefined {
  return key ?? (process.env.ENTREPOT_KEY || undefined);
}

/**
 * Asks an edge.
 * @param key to ask with; undefined for none, as in development
 * @throws EdgeProblem where it refuses
 */
export async function requestEdge(url: string, key: string | undefined, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const response = await fetch(url, { ...init, headers });
  if (response.ok) return response;
  const problem = (await response.json()) as EdgeProblem['problem'] & { readonly detail?: string };
  if (problem.reason?.startsWith('CREDENTIALS_') !== true) throw new EdgeProblem(problem);
  throw new EdgeProblem({ ...problem, detail: `${problem.detail}\nHere it goes with --key, or in ENTREPOT_KEY.` });
}
