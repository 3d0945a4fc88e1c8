import { EntrepotProblem } from '../../../../libs/client/index.ts';

/** What was thrown, as a problem; what is no problem of the API is a mistake of the page. */
export function problemOf(error: unknown): EntrepotProblem {
  if (error instanceof EntrepotProblem) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EntrepotProblem(
    {
      reason: 'INTERNAL',
      title: 'The console made a mistake',
      detail: `${message}. Load the page again; if it stays, tell the console's team.`,
    },
    { cause: error },
  );
}
