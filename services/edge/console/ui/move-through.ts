/**
 * Moves the focus through a list's links or rows by arrows, Home and End. To be called with the list's keydown events.
 * @returns where the focus went; undefined where it stays
 */
export function moveThrough<Item extends HTMLElement>(event: KeyboardEvent, items: Iterable<Item>): Item | undefined {
  const all = [...items];
  const at = all.indexOf(document.activeElement as Item);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  const next = to === undefined ? undefined : all[to];
  if (next === undefined) return undefined;
  event.preventDefault();
  next.focus();
  return next;
}
