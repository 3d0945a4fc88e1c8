import { useEffect, useState } from 'preact/hooks';
import type { EntrepotProblem } from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { problemOf } from '../api/problem.ts';
import { caller, key, permitted, setKey } from '../api/session.ts';
import icon from '../icon.svg';
import { Icon } from '../ui/icon.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { KeyPrompt } from './key-prompt.tsx';
import { place } from './router.ts';
import { theme, toggleTheme } from './theme.ts';
import { views } from './views.tsx';

/** The frame around every view: who is asking, where one can go, and the view itself. */
export function Shell() {
  const problem = useCaller();
  const open = views.filter(({ permission }) => permitted(permission));
  const current = open.find(({ name }) => name === place.value.view) ?? open[0];
  useEffect(() => {
    document.title = current === undefined ? 'Entrepot' : `${current.title} – Entrepot`;
  }, [current]);
  return (
    <>
      <button type="button" class="skip-link" onClick={() => document.getElementById('content')?.focus()}>
        Skip to content
      </button>
      <header class="bar">
        <span class="brand">
          <img src={icon} alt="" width="22" height="22" />
          <h1>Entrepot</h1>
        </span>
        <nav aria-label="Views">
          {open.map(({ name, title }) => (
            <a key={name} href={`#/${name}`} aria-current={name === current?.name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class="grow" />
        <Who />
        <button type="button" class="button plain icon" onClick={toggleTheme} aria-label={`Show in ${otherTheme()}`}>
          <Icon name={theme() === 'dark' ? 'sun' : 'moon'} />
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {problem !== undefined && !asksForKey.test(problem.reason) ? (
          <div class="centred">
            <ProblemNotice problem={problem} retry={() => location.reload()} />
          </div>
        ) : problem !== undefined ? (
          <KeyPrompt refused={key.value === '' ? undefined : problem} />
        ) : caller.value === undefined ? (
          <p class="empty">Asking the edge who you are …</p>
        ) : current === undefined ? (
          <p class="empty">Your key is permitted nothing that the console shows.</p>
        ) : (
          <current.component />
        )}
      </main>
    </>
  );
}

const asksForKey = /^(UNAUTHENTICATED|CREDENTIALS_)/;

const otherTheme = (): string => (theme() === 'dark' ? 'light' : 'dark');

/** Asks the edge who the caller is, whenever the key is another; what it refuses is the problem. */
function useCaller(): EntrepotProblem | undefined {
  const [problem, setProblem] = useState<EntrepotProblem>();
  const used = key.value;
  useEffect(() => {
    let current = true;
    caller.value = undefined;
    setProblem(undefined);
    entrepot.call('GetCaller', {}).then(
      (found) => {
        if (current) caller.value = found;
      },
      (error: unknown) => {
        if (current) setProblem(problemOf(error));
      },
    );
    return () => {
      current = false;
    };
  }, [used]);
  return problem;
}

function Who() {
  const who = caller.value;
  if (who === undefined) return null;
  return (
    <span class="who">
      <span>{who.client}</span>
      {who.development && (
        <span class="chip" title="The edge listens on loopback and no keys are configured: everything is permitted.">
          development
        </span>
      )}
      {key.value !== '' && (
        <button type="button" class="button plain" onClick={() => setKey('')}>
          Forget key
        </button>
      )}
    </span>
  );
}
