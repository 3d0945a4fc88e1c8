import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

/** Says that what is shown may be old. The region is there before its text, so that it is read out. */
export function Reconnecting(props: { readonly lost: boolean; readonly children: ComponentChildren }) {
  return (
    <div role="status" class="reconnecting">
      {props.lost && (
        <div class="notice warn">
          <Icon name="plug" class="tone-warn" />
          <p>
            <strong>Reconnecting to the edge …</strong> {props.children}
          </p>
        </div>
      )}
    </div>
  );
}
