import type { HandoffTarget, PartnerRequest } from '../adapter.ts';
import { PartnerFailure } from '../failure.ts';
import { firstWay } from '../handoff.ts';
import type { HeldRow } from '../offers.ts';
import { type Check, check } from './grade.ts';

/** Two clicks, with what a link has to encode. */
const CLICKS = ['certify a&b=c/1', 'certify a&b=c/2'] as const;

type Way = HandoffTarget | { readonly next: PartnerRequest };

/**
 * Tries the way on for offers, as far as it is known without asking the partner: links that can be followed, and the click where
 * the format takes one.
 *
 * @param takesClick the manifest reads the click; undefined where code says the way
 */
export function handoffChecks(rows: readonly HeldRow[], takesClick: boolean | undefined): Check[] {
  const broken: string[] = [];
  const clickless: string[] = [];
  let taken = 0;
  for (const held of rows) {
    const ways = CLICKS.map((click) => wayOf(held, click));
    const wrong = ways.find((way) => typeof way === 'string');
    if (wrong !== undefined) {
      broken.push(wrong);
      continue;
    }
    const [first, second] = ways.map((way) => textOf(way as Way)) as [string, string];
    const same = first === second;
    // A token is the partner's own id of the offer; where one is given in place of a link, the click has no place.
    if (same && (takesClick !== true || isToken(ways[0]))) continue;
    // What stands behind a request or in a token may carry the click in a form of its own.
    taken++;
    if (same) clickless.push('the manifest reads the click, and what comes of it is the same for every click');
    else if (isLink(ways[0]) && !carries(first, CLICKS[0])) clickless.push(`the click is not encoded in ${first}`);
  }
  return [
    check('contract', 'a hand-off is a link of http or https, a token, or a request', broken, rows.length, noOffers),
    check('contract', 'the click goes with a hand-off, encoded where it is a link', clickless, taken, noClick),
  ];
}

const noOffers = 'no golden case makes an offer';
const noClick = 'its hand-off takes none';

function wayOf(held: HeldRow, click: string): Way | string {
  try {
    return firstWay(held, click, () => held.context.now);
  } catch (error) {
    if (error instanceof PartnerFailure) return error.detail;
    return error instanceof Error ? error.message : String(error);
  }
}

function isLink(way: Way | string | undefined): boolean {
  return typeof way === 'object' && 'url' in way;
}

function isToken(way: Way | string | undefined): boolean {
  return typeof way === 'object' && 'token' in way;
}

function textOf(way: Way): string {
  if ('url' in way) return way.url;
  return 'token' in way ? way.token : JSON.stringify(way.next);
}

/** Whether a link gives the click back, whole, to who takes the link apart. */
function carries(link: string, click: string): boolean {
  const { pathname, searchParams, hash } = new URL(link);
  const steps = [...pathname.split('/'), hash.slice(1)].map(decoded);
  return [...searchParams.values(), ...steps].some((part) => part.includes(click));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
