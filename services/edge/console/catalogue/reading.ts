// What is read of the catalogue, again and again while it is looked at: others decide too.
import { useEffect, useRef, useState } from 'preact/hooks';
import type {
  ListReviewsResponse,
  Product,
  ProductEvent,
  ProductEventKind,
  Review,
  ReviewKind,
  ReviewState,
} from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { type Polled, usePolled } from '../ui/polled.ts';
import { changes } from './state.ts';

const everyMs = 3_000;
/** Reviews that a first look loads, and each further one. */
const pageOfReviews = 50;
const mostOnPage = 200;
const pageOfEvents = 20;
const mostEvents = 1_000;

/** Which reviews are looked at. */
export interface QueueLook {
  readonly vertical: string;
  readonly state: ReviewState;
  /** Undefined for all. */
  readonly kind: ReviewKind | undefined;
}

/** Reviews as far as they were asked for. */
export interface Queue {
  readonly reviews: readonly Review[];
  /** Reviews that there are. */
  readonly total: number;
}

/** The queue, and what loads more of it. */
export function useQueue({ vertical, state, kind }: QueueLook): Polled<Queue> & { readonly more: () => void } {
  const wanted = useRef(pageOfReviews);
  const inputs = [vertical, state, kind];
  useEffect(() => {
    wanted.current = pageOfReviews;
  }, inputs);
  const polled = usePolled((signal) => readQueue({ vertical, state, kind }, wanted.current, signal), inputs, {
    everyMs,
  });
  useReadOnChange(polled.read);
  const more = (): void => {
    wanted.current += pageOfReviews;
    polled.read();
  };
  return { ...polled, more };
}

async function readQueue(look: QueueLook, wanted: number, signal: AbortSignal): Promise<Queue> {
  const reviews: Review[] = [];
  let pageToken: string | undefined;
  let total = 0;
  do {
    const pageSize = Math.min(mostOnPage, wanted - reviews.length);
    const page: ListReviewsResponse = await entrepot.call('ListReviews', { ...look, pageSize, pageToken }, { signal });
    reviews.push(...(page.reviews ?? []));
    total = page.totalSize ?? 0;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && reviews.length < wanted);
  return { reviews, total };
}

/** One review as it stands now. */
export function useReview(reviewId: string): Polled<Review> {
  const polled = usePolled(
    async (signal) => (await entrepot.call('GetReview', { reviewId }, { signal })).review ?? {},
    [reviewId],
    { everyMs },
  );
  useReadOnChange(polled.read);
  return polled.value?.reviewId === reviewId ? polled : { ...polled, value: undefined };
}

/** The products of both sides of a review; undefined while they are read, and where there is none. */
export interface SideProducts {
  readonly left: Product | undefined;
  readonly right: Product | undefined;
}

/** Reads the products of both sides. They change with what is decided, seldom otherwise. */
export function useSides(review: Review | undefined): SideProducts {
  const ids = `${review?.left?.productId ?? ''} ${review?.right?.productId ?? ''}`;
  const polled = usePolled(
    async (signal) => {
      const [left, right] = await Promise.all(ids.split(' ').map((productId) => productOf(productId, signal)));
      return { ids, left, right };
    },
    [ids, review?.state],
    { everyMs: 60_000 },
  );
  useReadOnChange(polled.read);
  return polled.value?.ids === ids ? polled.value : { left: undefined, right: undefined };
}

async function productOf(productId: string, signal: AbortSignal): Promise<Product | undefined> {
  if (productId === '') return undefined;
  try {
    return (await entrepot.call('GetProduct', { productId }, { signal })).product;
  } catch {
    // A review can be answered without: what is missing is the count of listings, and pictures.
    return undefined;
  }
}

/** What products are called now, by id; read once while they are looked at. */
export function useTitles(productIds: readonly string[]): Readonly<Record<string, string>> {
  const [titles, setTitles] = useState<Readonly<Record<string, string>>>({});
  const ids = [...new Set(productIds)].join(' ');
  useEffect(() => {
    const gone = new AbortController();
    const unknown = ids.split(' ').filter((id) => id !== '' && titles[id] === undefined);
    void Promise.all(unknown.map(async (id) => [id, (await productOf(id, gone.signal))?.title ?? ''] as const)).then(
      (found) => {
        if (!gone.signal.aborted) setTitles((was) => ({ ...was, ...Object.fromEntries(found) }));
      },
    );
    return () => gone.abort();
  }, [ids]);
  return titles;
}

/** What happened to some products, or to all of them; latest first. */
export interface Happened {
  readonly events: readonly ProductEvent[];
  /** There are earlier ones. */
  readonly hasMore: boolean;
}

/** What happened, and what loads more of it. */
export function useEvents(
  productIds: readonly string[],
  kinds: readonly ProductEventKind[],
): Polled<Happened> & { readonly more: () => void } {
  const ids = [...new Set(productIds)].join(' ');
  const wanted = useRef(pageOfEvents);
  const polled = usePolled((signal) => readEvents(ids.split(' '), kinds, wanted.current, signal), [ids], { everyMs });
  useReadOnChange(polled.read);
  const more = (): void => {
    wanted.current = Math.min(wanted.current + pageOfEvents, mostEvents);
    polled.read();
  };
  return { ...polled, more };
}

async function readEvents(
  productIds: readonly string[],
  kinds: readonly ProductEventKind[],
  wanted: number,
  signal: AbortSignal,
): Promise<Happened> {
  const lists = await Promise.all(
    productIds.map((productId) => entrepot.call('ListEvents', { productId, kinds, pageSize: wanted }, { signal })),
  );
  const events = new Map(lists.flatMap((list) => list.events ?? []).map((event) => [event.eventId ?? '', event]));
  return {
    // Of two lists that end at different times, what lies before the end of either is not whole.
    events: [...events.values()].sort((a, b) => ((a.eventId ?? '') < (b.eventId ?? '') ? 1 : -1)).slice(0, wanted),
    hasMore: wanted < mostEvents && (events.size > wanted || lists.some((list) => list.nextPageToken !== undefined)),
  };
}

/** What was changed from here is seen here at once. */
function useReadOnChange(read: () => void): void {
  const [seen] = useState({ changes: changes.value });
  const now = changes.value;
  useEffect(() => {
    if (seen.changes === now) return;
    seen.changes = now;
    read();
  }, [now]);
}
