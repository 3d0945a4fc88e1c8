import type { Part } from './text-diff.ts';

/** A text with what the other one does not say marked: by a line below as well as by colour. */
export function Marked({ parts }: { readonly parts: readonly Part[] }) {
  return (
    <>
      {parts.map(({ text, met }, index) =>
        met ? (
          text
        ) : (
          <mark key={index} class="apart">
            {text}
          </mark>
        ),
      )}
    </>
  );
}
