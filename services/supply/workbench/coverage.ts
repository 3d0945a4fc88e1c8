import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { ManifestFile } from '../kit/manifest.ts';
import { type CaseResult, harmless } from './cases.ts';
import { type Check, check, untried } from './grade.ts';

/** Failures that a partner's answers state; others are what the platform makes of answers that are none. */
const STATED: ReadonlySet<FailureKind> = new Set([
  FailureKind.AUTHENTICATION,
  FailureKind.RATE_LIMIT,
  FailureKind.REQUEST_REFUSED,
  FailureKind.SERVER_ERROR,
]);

/** A kind of case: something that a manifest says can happen. */
export interface CaseKind {
  /** As `entrepot partner test --new-case` takes it: "rate-limit". */
  readonly kind: string;
  /** In words. */
  readonly name: string;
  /** What its cassette has: an answer of its own, rows of another case, what a verification or a hand-off gets, nothing. */
  readonly answers: 'own' | 'rows' | 'verify' | 'handoff' | 'none';
  /** Status of the answer of its own. */
  readonly status: number;
  /** What is left to be written by hand once the case is begun. */
  readonly left: string;
}

/** Something that can happen, and how a case that shows it looks. */
interface Subject extends CaseKind {
  /** Why no case can show it; undefined where one can. */
  readonly without: string | undefined;
  shows(result: CaseResult): boolean;
}

/** Whether the golden cases show what the manifest says can happen: cases are the documentation of a format. */
export function coverageChecks(manifest: ManifestFile, results: readonly CaseResult[]): Check[] {
  return subjectsOf(manifest).map(({ kind, name, without, shows }) => {
    if (without !== undefined) return untried('coverage', name, without);
    const shown = results.filter(shows).length;
    const none = `no case shows it; \`entrepot partner test <name> --new-case ${kind}\` begins one`;
    return check('coverage', name, shown > 0 ? [] : [none], shown);
  });
}

/** The kinds of cases that a manifest can have. */
export function caseKinds(manifest: ManifestFile): readonly CaseKind[] {
  return subjectsOf(manifest).filter(({ without }) => without === undefined);
}

const ANSWER = "put the partner's own answer into the cassette, with its status and headers, then run test --update";
const ROWS = 'in the cassette, which is a copy, change';
const THEN = 'leave out what it does not need, then run test --update';

function subjectsOf(manifest: ManifestFile): Subject[] {
  const { failures, warning, paging, poll, mapping, unsupported = [], transport = 'request' } = manifest;
  const notAsked = transport === 'request' ? undefined : 'it is not asked: it hands its inventory over';
  const unless = (has: boolean, why: string): string | undefined => notAsked ?? (has ? undefined : why);
  const detailOf = ({ search }: CaseResult): string => search.outcome.detail;
  const rejected = ({ search }: CaseResult): string[] =>
    search.fates.flatMap(({ rejection }) => rejection?.example ?? []);
  const own = (kind: string, status = 200) => ({ kind, answers: 'own', status, left: ANSWER }) as const;
  const rows = (kind: string, change: string) =>
    ({ kind, answers: 'rows', status: 200, left: `${ROWS} ${change}; ${THEN}` }) as const;
  return [
    {
      ...own('error', 400),
      name: 'its own error',
      without: unless(failures?.stated !== undefined || failures?.detail !== undefined, 'the manifest reads none'),
      shows: ({ search }) => STATED.has(search.outcome.failure),
    },
    {
      ...own('rate-limit', 429),
      name: 'its rate limit',
      without: notAsked,
      shows: ({ actual }) => actual.outcome === 'RATE_LIMITED',
    },
    {
      ...own('empty'),
      name: 'an answer without rows',
      without: notAsked,
      shows: ({ actual }) => actual.outcome === 'EMPTY',
    },
    {
      ...rows('warning', 'one answer so that it warns'),
      name: 'a warning beside rows',
      without: unless(warning !== undefined, 'the manifest reads none'),
      shows: (result) => detailOf(result).startsWith('it warns:'),
    },
    {
      ...rows('pages', 'one answer so that it has a further page, and put that behind it'),
      name: 'a page behind the first',
      without: unless(paging !== undefined, 'the manifest has no paging'),
      shows: ({ search }) => search.answers.filter(({ rows }) => rows.length > 0).length > 1,
    },
    {
      ...rows('poll', 'the answers so that the first is not whole yet and the next one is'),
      name: 'an answer that is not whole yet',
      without: unless(poll !== undefined, 'the manifest polls for nothing'),
      shows: ({ actual, search }) =>
        actual.outcome === 'OK' && search.answers.length > (manifest.steps?.length ?? 0) + 2,
    },
    {
      ...rows('metered', 'a row so that it has a tariff and no price'),
      name: 'a meter instead of a price',
      without: mapping?.price.metered === undefined ? 'the manifest knows no metered rows' : undefined,
      shows: ({ actual }) => actual.rejections.METERED !== undefined,
    },
    {
      ...rows('unreadable', 'a row so that it lacks its amount, or has a time that is none'),
      name: 'a row that cannot be read',
      without: undefined,
      shows: ({ search }) =>
        search.fates.some(({ rejection }) => rejection !== undefined && !harmless.has(rejection.reason)),
    },
    {
      kind: 'verify',
      answers: 'verify',
      status: 200,
      left: 'put what the partner answers when it is asked for the offer again into the cassette, then run test --update',
      name: 'an offer asked for again that is still sold',
      without: notAsked,
      shows: ({ actual }) => actual.verify?.price !== undefined,
    },
    {
      kind: 'sold-out',
      answers: 'verify',
      status: 200,
      left: 'put what the partner answers when the offer is gone into the cassette, with its status, then run test --update',
      name: 'an offer asked for again that is gone',
      without: unless(failures?.gone !== undefined, 'the manifest does not say how an answer tells it'),
      shows: ({ actual }) => actual.verify?.outcome === 'SOLD_OUT',
    },
    {
      kind: 'handoff',
      answers: 'handoff',
      status: 200,
      left: 'where the way on has to be asked for, put the answers under `handoff` in the cassette; then run test --update',
      name: 'a hand-off',
      without: undefined,
      shows: ({ actual }) => actual.handoff?.url !== undefined || actual.handoff?.token !== undefined,
    },
    ...(mapping?.reject ?? []).map(({ when, because }, at) => ({
      ...rows(`reject-${at + 1}`, `a row so that this holds: ${when}`),
      name: `a row that is rejected: ${because}`,
      without: undefined,
      shows: (result: CaseResult) => rejected(result).some((example) => example.endsWith(because)),
    })),
    ...unsupported.map(({ when, because }, at) => ({
      kind: `unsupported-${at + 1}`,
      answers: 'none' as const,
      status: 200,
      left: `change the criteria so that this holds: ${when}; then run test --update`,
      name: `criteria that are refused: ${because}`,
      without: undefined,
      shows: (result: CaseResult) => detailOf(result) === because,
    })),
  ];
}
