import type { EntrepotProblem } from '../../../../libs/client/index.ts';
import { words } from './format.ts';
import { Icon } from './icon.tsx';

/** What went wrong, by what name, and what to do about it. */
export function ProblemNotice(props: { readonly problem: EntrepotProblem; readonly retry?: () => void }) {
  const { problem } = props;
  return (
    <div class="notice bad" role="alert">
      <Icon name="alert" class="tone-bad" />
      <div class="grow">
        <strong>{problem.problem.title ?? words(problem.reason)}</strong>
        {problem.violations.length === 0 && <p>{problem.message}</p>}
        {problem.violations.length > 0 && (
          <ul>
            {problem.violations.map(({ field, description }) => (
              <li key={field + description}>
                <code>{field}</code> {description}
              </li>
            ))}
          </ul>
        )}
        <p class="small muted">
          Reason <code>{problem.reason}</code>
          {problem.requestId !== undefined && (
            <>
              {' '}
              · request <code>{problem.requestId}</code>
            </>
          )}
        </p>
        {props.retry && (
          <button type="button" class="button" onClick={props.retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}
