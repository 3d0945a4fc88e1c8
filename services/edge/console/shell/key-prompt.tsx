import { useRef } from 'preact/hooks';
import type { EntrepotProblem } from '../../../../libs/client/index.ts';
import { setKey } from '../api/session.ts';
import { Icon } from '../ui/icon.tsx';

/** Asks for a key where the edge wants one. */
export function KeyPrompt({ refused }: { readonly refused?: EntrepotProblem | undefined }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <form
      class="card key-prompt"
      onSubmit={(event) => {
        event.preventDefault();
        setKey(input.current?.value.trim() ?? '');
      }}
    >
      <h2>This edge asks for a key</h2>
      <p class="muted">
        An API key or a token of a client in <code>clients.yaml</code>. It is kept in this tab until you close it.
      </p>
      {refused && (
        <p class="notice bad" role="alert">
          <Icon name="alert" class="tone-bad" />
          {refused.message}
        </p>
      )}
      <label>
        <span class="label">Key</span>
        <input ref={input} class="input" type="password" autocomplete="off" spellcheck={false} required />
      </label>
      <button type="submit" class="button primary">
        Use this key
      </button>
    </form>
  );
}
