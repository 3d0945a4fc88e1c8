import {
  CacheUse,
  FailureKind,
  OutcomeStatus,
  type PartnerOutcome,
  RejectionReason,
} from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { counted, duration } from './tell.ts';

/** One partner's part of a search, as far as a reason can be found in it. */
export interface PartnerPart {
  /** Undefined while it has not ended. */
  readonly outcome: PartnerOutcome | undefined;
  /** The 95th percentile of what it took before, in milliseconds. */
  readonly expectedMs: number | undefined;
  /** Offers of it that are held. */
  readonly offers: number;
  /** Of those, how many pass the filter. */
  readonly matching: number;
  /** Of those, how many are first of an entry on the first page. */
  readonly onFirstPage: number;
  /** Offers of it that have expired, or are no longer held. */
  readonly gone: number;
  /** The condition of the filter that most of its held offers do not fulfil, and how many that are. */
  readonly strictest: { readonly text: string; readonly removed: number } | undefined;
}

/** Why a partner shows nothing, or less than it could, and what to do about it: sentences for a person. Empty where nothing is missing. */
export function partnerReason(part: PartnerPart): string {
  const { outcome } = part;
  const said = outcome === undefined ? [unfinished(part)] : [ending(part, outcome), stale(outcome), rejected(outcome)];
  return [...said, shown(part)].filter((sentence) => sentence !== '').join(' ');
}

function unfinished({ expectedMs }: PartnerPart): string {
  const usual = expectedMs === undefined ? '' : `; 95 of 100 of its answers take up to ${duration(expectedMs)}`;
  return `It has not answered yet${usual}.`;
}

/** What its status says. One sentence for each, so that a new status does not compile without one. */
function ending(part: PartnerPart, outcome: PartnerOutcome): string {
  const { status, appliedFilters, retryAfterMs } = outcome;
  const because = outcome.detail === '' ? '' : `: ${plain(outcome.detail)}`;
  const again = retryAfterMs === undefined ? '' : ` It may be asked again after ${duration(retryAfterMs)}.`;
  switch (status) {
    case OutcomeStatus.UNSPECIFIED:
    case OutcomeStatus.UNRECOGNIZED:
      return `Its part ended in a way that this version does not know${because}.`;
    case OutcomeStatus.OK:
      return [
        outcome.late ? 'It answered after the search had completed without it.' : '',
        outcome.accuracyAction === '' ? '' : sentence(outcome.detail),
      ]
        .filter((one) => one !== '')
        .join(' ');
    case OutcomeStatus.PARTIAL:
      return `It answered in part${because}.${again}`;
    case OutcomeStatus.EMPTY:
      return appliedFilters.length === 0
        ? `It says that it has nothing for these criteria${because}.`
        : `It says that it has nothing for these criteria and ${appliedFilters.join(' && ')}, which it applied itself${because}.`;
    case OutcomeStatus.TIMED_OUT:
      return timedOut(part, outcome);
    case OutcomeStatus.NOT_AWAITED:
      return because === ''
        ? 'The search completed without it; what it sends arrives as a revision while somebody follows the search.'
        : `The search completed without it${because}.`;
    case OutcomeStatus.RATE_LIMITED:
      return `It was not asked, or refused, because of its rate limit${because}.${again || ' Try again later, or agree on more with it.'}`;
    case OutcomeStatus.BUDGET_SPENT:
      return `It was not asked: its request budget is spent on searches that matter more${because}.${again}`;
    case OutcomeStatus.SUSPENDED:
      return `It was not asked${outcome.accuracyAction === '' ? ': it is suspended' : ''}${because}.${again}`;
    case OutcomeStatus.UNSUPPORTED_CRITERIA:
      return `It was not asked: it cannot search by these criteria${because}.`;
    case OutcomeStatus.NOT_PERMITTED:
      return `It was not asked: this client or market may not see it${because}.`;
    case OutcomeStatus.CANCELLED:
      return `The search was cancelled before it had answered${because}.`;
    case OutcomeStatus.FAILED:
      return `It failed${failures[outcome.failure]}${because}.${again}`;
  }
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1).replace(/\.\s*$/, '')}.`;
}

function timedOut({ expectedMs }: PartnerPart, { timeMs, detail }: PartnerOutcome): string {
  const time = timeMs === undefined ? 'its time was over' : `its ${duration(timeMs)} were over`;
  const known = `95 of 100 of its answers take up to ${duration(expectedMs ?? 0)}`;
  // What query says of itself is what this sentence says.
  const because = detail === '' || detail.startsWith('Had not answered') ? '' : ` (${plain(detail)})`;
  if (expectedMs === undefined) return `It had not answered when ${time}${because}; give the search more time.`;
  return timeMs !== undefined && expectedMs > timeMs
    ? `It had not answered when ${time}${because}: ${known}, so give the search more time.`
    : `It had not answered when ${time}${because}: it is slower than usual, for ${known}.`;
}

/** What each kind of failure means and what to do about it. */
const failures: Readonly<Record<FailureKind, string>> = {
  [FailureKind.UNSPECIFIED]: '',
  [FailureKind.UNRECOGNIZED]: '',
  [FailureKind.CONNECTION]: ' (no connection; is it reachable?)',
  [FailureKind.TIMEOUT]: ' (no complete answer in time)',
  [FailureKind.SERVER_ERROR]: ' (an error of its own; try again)',
  [FailureKind.AUTHENTICATION]: " (it refused the account's credentials; check them)",
  [FailureKind.REQUEST_REFUSED]: ' (it calls our request wrong; its manifest needs a look)',
  [FailureKind.RATE_LIMIT]: ' (too many requests)',
  [FailureKind.MALFORMED]: ' (its answer is not what its format promises; its manifest needs a look)',
  [FailureKind.TOO_LARGE]: ' (its answer is larger than maxBodyBytes allows)',
  [FailureKind.PLATFORM]: ' (a defect here; the trace id finds it in the logs)',
};

function stale({ cache, cacheAgeMs = 0 }: PartnerOutcome): string {
  if (cache !== CacheUse.STALE_IF_ERROR) return '';
  return `It failed, and what it had said ${duration(cacheAgeMs)} before stands in.`;
}

function rejected({ rejections: all, rowsReceived }: PartnerOutcome): string {
  // What stood there before is not missing.
  const rejections = all.filter(({ reason }) => reason !== RejectionReason.DUPLICATE);
  const count = rejections.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return '';
  const [first] = rejections;
  const reasons = rejections.map((one) => `${one.count} ${reasonName(one.reason)}`).join(', ');
  const example = first?.example === '' || first === undefined ? '' : ` (${plain(first.example)})`;
  return `${count} of its ${counted(rowsReceived, 'row')} became no offer: ${reasons}${example}.`;
}

function shown({ offers, matching, onFirstPage, gone, strictest, outcome }: PartnerPart): string {
  if (outcome?.accuracyAction === 'hidden') return '';
  if (offers === 0) {
    if (gone === 0) return '';
    return `${gone === 1 ? 'Its only offer has' : `All of its ${gone} offers have`} expired since, or are no longer held; search again.`;
  }
  if (matching === 0) {
    const most = strictest === undefined ? '' : `; ${strictest.text} alone removes ${strictest.removed}`;
    return `None of its ${counted(offers, 'offer')} passes the filter${most}.`;
  }
  if (onFirstPage > 0 || outcome === undefined) return '';
  return `None of its ${counted(matching, 'matching offer')} comes first in an entry of the first page.`;
}

const reasonNames: ReadonlyMap<number, string> = new Map(
  Object.entries(RejectionReason).map(([name, value]) => [value, name.toLowerCase().replaceAll('_', ' ')]),
);

function reasonName(reason: RejectionReason): string {
  return reasonNames.get(reason) ?? 'for a reason that this version does not know';
}

/** A detail as a part of a sentence: without a capital that its first word has for standing first, and without a full stop. */
function plain(detail: string): string {
  const inside = detail
    .replace(/\.\s*$/, '')
    .replace(/^(The|Its|It|Not|Had|No|An?)(?= )/, (word) => word.toLowerCase());
  return inside.trim();
}
