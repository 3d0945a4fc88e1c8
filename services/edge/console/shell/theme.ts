// Light or dark: the system's choice until the reader makes another.
import { effect, signal } from '@preact/signals';

const entry = 'entrepot-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

type Theme = 'light' | 'dark';

const chosen = signal<Theme | undefined>(readChoice());
const systemDark = signal(system.matches);
system.addEventListener('change', () => {
  systemDark.value = system.matches;
});

function readChoice(): Theme | undefined {
  const text = localStorage.getItem(entry);
  return text === 'light' || text === 'dark' ? text : undefined;
}

/** What is shown now. */
export const theme = (): Theme => chosen.value ?? (systemDark.value ? 'dark' : 'light');

/** Shows the other one from now on, on this machine. */
export function toggleTheme(): void {
  chosen.value = theme() === 'dark' ? 'light' : 'dark';
  localStorage.setItem(entry, chosen.value);
}

/** Keeps the document in the theme. */
export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme();
  });
}
