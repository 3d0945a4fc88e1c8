// Which edge a command asks.
import { EntrepotProblem } from '../../libs/client/index.ts';

/**
 * The edge that is named, else the one that runs here already; undefined where none does.
 *
 * @throws EntrepotProblem where the named one does not answer
 */
export async function runningEdge(named: string | undefined): Promise<string | undefined> {
  const url = named ?? `http://127.0.0.1:${process.env.PORT ?? 8080}`;
  // One that is named is there and may be busy; one that may not be there is not waited for.
  const patienceMs = named === undefined ? 500 : 5_000;
  const runs = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(patienceMs) }).then(
    async (response) => response.ok && ((await response.json()) as { status?: string }).status === 'ok',
    () => false,
  );
  if (runs) return url;
  if (named !== undefined) throw new EntrepotProblem({ reason: 'UNREACHABLE', detail: `No edge answers at ${named}.` });
  return undefined;
}
