// What a reader does to the catalogue: decides, passes over, takes back. What is read of it is in reading.ts.
import { signal } from '@preact/signals';
import type { EntrepotProblem, Review } from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { problemOf } from '../api/problem.ts';
import { nameOf } from './compare.ts';

/** What was done last here, so that it can be taken back at once. */
export interface LastWord {
  /** For a person: what was decided of what. */
  readonly text: string;
  /** The review that it answered; undefined where an event was taken back. */
  readonly reviewId: string | undefined;
  /** What to undo to take it back; undefined where no product changed. */
  readonly eventId: string | undefined;
}

/** What the edge did not do. */
export interface Refusal {
  /** The review that was to be answered, or the event that was to be taken back. */
  readonly of: string;
  readonly problem: EntrepotProblem;
  readonly again: () => void;
  /** Events that have to be taken back first, latest first. */
  readonly before: readonly string[];
}

const entry = 'entrepot-author';

/** Who decides: what colleagues read beside a decision. Kept on this machine once something was decided. */
export const author = signal(localStorage.getItem(entry) ?? '');
/** Something was to be decided, and nobody has said who does. */
export const nameMissing = signal(false);
/** Something is being decided. */
export const busy = signal(false);
/** What was done last. */
export const lastWord = signal<LastWord | undefined>(undefined);
/** What was refused last; undefined once anything else is done. */
export const refusal = signal<Refusal | undefined>(undefined);
/** Reviews that the reader has left for later, in this tab and until it is loaded anew. */
export const passed = signal<ReadonlySet<string>>(new Set());
/** Reviews that were decided here: they leave the queue before it is read again. */
export const settled = signal<ReadonlySet<string>>(new Set());
/** Goes up with everything that is changed from here, so that it is read anew. */
export const changes = signal(0);

/** Answers a review; true once the edge has noted it. */
export function decide(review: Review, same: boolean, reason: string): Promise<boolean> {
  const { reviewId = '', left, right } = review;
  // The key is struck again before the page has gone on.
  if (settled.value.has(reviewId)) return Promise.resolve(false);
  const again = (): void => void decide(review, same, reason);
  return change(reviewId, again, async () => {
    const { event } = await entrepot.call('Decide', {
      review: { reviewId, same },
      author: author.value.trim(),
      reason,
    });
    settled.value = new Set([...settled.value, reviewId]);
    const names = `“${nameOf(left)}” and “${nameOf(right)}”`;
    lastWord.value = {
      reviewId,
      eventId: event?.eventId,
      text: event === undefined ? `Noted of ${names}. No product changed.` : saidOf(same, names),
    };
  });
}

const saidOf = (same: boolean, names: string): string =>
  same ? `${names} are the same product.` : `${names} are different products.`;

/** Takes an event back, and before it those that build on it. */
export function undo(eventId: string, before: readonly string[] = []): Promise<boolean> {
  const again = (): void => void undo(eventId, before);
  return change(eventId, again, async () => {
    const word = { author: author.value.trim() };
    for (const later of before) await entrepot.call('Undo', { eventId: later, ...word });
    const { event } = await entrepot.call('Undo', { eventId, ...word });
    const undone = lastWord.value?.eventId === eventId ? lastWord.value : undefined;
    const isOpenAgain = (id: string): boolean => id !== undone?.reviewId;
    settled.value = new Set([...settled.value].filter(isOpenAgain));
    lastWord.value = { text: 'Taken back: all is as it was before.', reviewId: undefined, eventId: event?.eventId };
  });
}

async function change(of: string, again: () => void, work: () => Promise<void>): Promise<boolean> {
  if (busy.value) return false;
  if (author.value.trim() === '') {
    nameMissing.value = true;
    document.getElementById('reviewer')?.focus();
    return false;
  }
  busy.value = true;
  refusal.value = undefined;
  try {
    await work();
    localStorage.setItem(entry, author.value.trim());
    return true;
  } catch (error) {
    const problem = problemOf(error);
    const before = (problem.metadata.events ?? '').split(',').filter((id) => id !== '');
    refusal.value = { of, problem, again, before };
    return false;
  } finally {
    busy.value = false;
    changes.value += 1;
  }
}

/** Reviews that have left the queue need not be kept out of it: once somebody takes their decision back, they wait again. */
export function forgetSettled(queue: readonly Review[]): void {
  const kept = queue.map(({ reviewId = '' }) => reviewId).filter((id) => settled.value.has(id));
  if (kept.length < settled.value.size) settled.value = new Set(kept);
}

/** Leaves a review for later. */
export function passOver(reviewId: string): void {
  passed.value = new Set([...passed.value, reviewId]);
}

/** Brings back all that was left for later. */
export function takeUpAgain(): void {
  passed.value = new Set();
}

/** Says who decides. */
export function setAuthor(name: string): void {
  author.value = name;
  nameMissing.value = false;
}
