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

/** Something that a manifest says can happen, and how a case that shows it looks. */
interface Subject {
  readonly name: string;
  /** Why no case can show it; undefined where one can. */
  readonly without: string | undefined;
  shows(result: CaseResult): boolean;
}

/** Whether the golden cases show what the manifest says can happen: cases are the documentation of a format. */
export function coverageChecks(manifest: ManifestFile, results: readonly CaseResult[]): Check[] {
  return subjectsOf(manifest).map(({ name, without, shows }) => {
    if (without !== undefined) return untried('coverage', name, without);
    const shown = results.filter(shows).length;
    return check('coverage', name, shown > 0 ? [] : ['no case shows it'], shown);
  });
}

function subjectsOf(manifest: ManifestFile): Subject[] {
  const { failures, warning, paging, poll, mapping, unsupported = [], transport = 'request' } = manifest;
  const notAsked = transport === 'request' ? undefined : 'it is not asked: it hands its inventory over';
  const unless = (has: boolean, why: string): string | undefined => notAsked ?? (has ? undefined : why);
  const detailOf = ({ search }: CaseResult): string => search.outcome.detail;
  const rejected = ({ search }: CaseResult): string[] =>
    search.fates.flatMap(({ rejection }) => rejection?.example ?? []);
  return [
    {
      name: 'its own error',
      without: unless(failures?.stated !== undefined || failures?.detail !== undefined, 'the manifest reads none'),
      shows: ({ search }) => STATED.has(search.outcome.failure),
    },
    {
      name: 'its rate limit',
      without: notAsked,
      shows: ({ actual }) => actual.outcome === 'RATE_LIMITED',
    },
    { name: 'an answer without rows', without: notAsked, shows: ({ actual }) => actual.outcome === 'EMPTY' },
    {
      name: 'a warning beside rows',
      without: unless(warning !== undefined, 'the manifest reads none'),
      shows: (result) => detailOf(result).startsWith('it warns:'),
    },
    {
      name: 'a page behind the first',
      without: unless(paging !== undefined, 'the manifest has no paging'),
      shows: ({ search }) => search.answers.filter(({ rows }) => rows.length > 0).length > 1,
    },
    {
      name: 'an answer that is not whole yet',
      without: unless(poll !== undefined, 'the manifest polls for nothing'),
      shows: ({ actual, search }) =>
        actual.outcome === 'OK' && search.answers.length > (manifest.steps?.length ?? 0) + 2,
    },
    {
      name: 'a meter instead of a price',
      without: mapping?.price.metered === undefined ? 'the manifest knows no metered rows' : undefined,
      shows: ({ actual }) => actual.rejections.METERED !== undefined,
    },
    {
      name: 'a row that cannot be read',
      without: undefined,
      shows: ({ search }) =>
        search.fates.some(({ rejection }) => rejection !== undefined && !harmless.has(rejection.reason)),
    },
    ...(mapping?.reject ?? []).map(({ because }) => ({
      name: `a row that is rejected: ${because}`,
      without: undefined,
      shows: (result: CaseResult) => rejected(result).some((example) => example.endsWith(because)),
    })),
    ...unsupported.map(({ because }) => ({
      name: `criteria that are refused: ${because}`,
      without: undefined,
      shows: (result: CaseResult) => detailOf(result) === because,
    })),
  ];
}
