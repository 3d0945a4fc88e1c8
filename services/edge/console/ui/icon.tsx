/** Drawn on a grid of 24, as strokes. */
const paths = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  half: 'M5 12h14',
  cross: 'M6 6l12 12M18 6L6 18',
  clock: 'M12 7v5l3.5 2M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z',
  alert: 'M12 8.5v5M12 17v.2M12 3.5l9.5 16.5h-19z',
  info: 'M12 11v6M12 7.5v.2M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z',
  block: 'M5.6 5.6l12.8 12.8M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z',
  wait: 'M12 3a9 9 0 1 0 9 9',
  plus: 'M12 5v14M5 12h14',
  sun: 'M12 16a4 4 0 1 1 0-8 4 4 0 0 1 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  search: 'M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM15.5 15.5L20.5 20.5',
  undo: 'M9 6l-4.5 4.5L9 15M4.5 10.5H14a5 5 0 0 1 0 10h-3',
  back: 'M14.5 6l-6 6 6 6',
  forward: 'M9.5 6l6 6-6 6',
  up: 'M6 14.5l6-6 6 6',
  down: 'M6 9.5l6 6 6-6',
  arrow: 'M4 12h15M14 7l5 5-5 5',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.2v.1',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** An icon beside a word that says the same; it is hidden from who listens. */
export function Icon({ name, class: extra = '' }: { readonly name: IconName; readonly class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
