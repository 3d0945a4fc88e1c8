// Where the focus goes when a reader comes from one list to what is behind it, and back again.

let moved = false;
addEventListener('hashchange', () => {
  moved = true;
});

/** The trace that was looked at last; empty for none. */
let left = '';

/** Remembers the trace that is looked at, to come back to in the list. */
export function lookAt(traceId: string): void {
  left = traceId;
}

/** The trace that a reader comes back from; empty for none. */
export const cameFrom = (): string => left;

/** Whether somebody came here within the page and the focus went with what they left. Who loads the page begins at its top. */
export const focusIsLost = (): boolean =>
  moved && (document.activeElement === null || document.activeElement === document.body);
