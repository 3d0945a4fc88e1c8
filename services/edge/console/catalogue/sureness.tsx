import { percent } from '../ui/format.ts';

/** How sure the matcher is that both are the same. */
export function Sureness({ probability = 0 }: { readonly probability?: number | undefined }) {
  return (
    <span class="sureness">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="sure-rail" x="0" y="0" width="100" height="6" />
        <rect class="sure-share" x="0" y="0" width={probability * 100} height="6" />
      </svg>
      {percent(Math.round(probability * 100) / 100)} the same
    </span>
  );
}
