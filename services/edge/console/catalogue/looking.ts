// Where the reader is in the catalogue: which reviews are listed, and which one is open. All of it stands in the address.
import type { ReviewKind, ReviewState } from '../../../../libs/client/index.ts';
import { go, hashOf, place, refine } from '../shell/router.ts';

/** States that can be listed, with what they are called. */
export const states = [
  { name: '', state: 'REVIEW_STATE_OPEN', title: 'Open' },
  { name: 'same', state: 'REVIEW_STATE_SAME', title: 'Decided: same' },
  { name: 'different', state: 'REVIEW_STATE_DIFFERENT', title: 'Decided: different' },
  { name: 'obsolete', state: 'REVIEW_STATE_OBSOLETE', title: 'Obsolete' },
] as const satisfies readonly { readonly name: string; readonly state: ReviewState; readonly title: string }[];

/** Kinds that can be listed, with what they ask. */
export const kinds = [
  { name: 'same', kind: 'REVIEW_KIND_SAME_PRODUCT', title: 'Same product?' },
  { name: 'changed', kind: 'REVIEW_KIND_KEY_CHANGED', title: 'Key changed?' },
] as const satisfies readonly { readonly name: string; readonly kind: ReviewKind; readonly title: string }[];

/** What is listed. */
export interface Look {
  readonly state: (typeof states)[number];
  readonly vertical: string;
  /** Undefined for both. */
  readonly kind: (typeof kinds)[number] | undefined;
}

/** What the address says is listed. */
export function lookNow(): Look {
  const { state, vertical = '', kind } = place.value.parameters;
  return {
    state: states.find(({ name }) => name === state) ?? states[0],
    vertical,
    kind: kinds.find(({ name }) => name === kind),
  };
}

/** Lists others. */
export const look = (parameters: Readonly<Partial<Record<'state' | 'vertical' | 'kind', string>>>): void =>
  refine(parameters);

/** Where a review is, or with an empty id the queue. */
export const hashOfReview = (id: string): string => hashOf({ ...place.value, view: 'catalogue', id });

/** Opens a review, or with an empty id the queue alone. */
export const openReview = (id: string): void => go({ ...place.value, view: 'catalogue', id });
