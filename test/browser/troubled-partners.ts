// Partners in every kind of trouble that the API can tell of: more than a test could bring about in seconds.
import type {
  GetQualityResponse,
  ListAccuracyResponse,
  ListMismatchesResponse,
  ListPartnerActivityResponse,
  ListPartnersResponse,
  ListQuarantinedResponse,
} from '../../libs/client/index.ts';

const minuteMs = 60_000;

/** Answers of the edge by path, as of a moment. */
export function troubledPartners(now: number): Readonly<Record<string, object>> {
  const at = (minutesAgo: number): string => new Date(now - minutesAgo * minuteMs).toISOString();
  const partners: ListPartnersResponse = {
    partners: [
      {
        name: 'drifting',
        adapter: 'drifting',
        verticals: ['flight'],
        enabled: true,
        trafficShare: 0.5,
        certification: {
          grade: 'B',
          passed: 48,
          failed: ['latency: p95 of 4.1 s is above 3 s', 'no fares of children'],
        },
        drift: {
          baseline: 'watched',
          conversations: 12,
          lookedAt: at(1),
          fields: [
            {
              kind: 'DRIFT_KIND_NEW',
              answer: 'search',
              path: 'data[].fareOption',
              expected: 'nothing',
              found: 'string',
              since: at(30),
            },
            {
              kind: 'DRIFT_KIND_RETYPED',
              answer: 'search',
              path: 'data[].price.total',
              mapped: true,
              alarm: true,
              expected: 'string',
              found: 'number',
              since: at(9),
              evidence: 'drift-2027-01-11-1',
            },
          ],
        },
        budget: {
          perSecond: 20,
          perDay: 500_000,
          timeZone: 'Europe/London',
          spentToday: 479_000,
          leftOfDay: 0.042,
          leftOfSecond: 7,
          endsAt: at(-300),
          refused: 31,
          alone: true,
          lookToBook: 1_500,
        },
      },
      {
        name: 'feeding',
        adapter: 'merchant-feed',
        verticals: ['good'],
        markets: ['GB', 'IE'],
        enabled: true,
        trafficShare: 1,
        certification: { grade: 'A', passed: 50, stale: true },
        drift: { baseline: 'stale' },
        handedOver: {
          transport: 'feed',
          rows: 120_400,
          receivedAt: at(800),
          changedAt: at(900),
          unreadable: 12,
          failedAt: at(20),
          failure: 'The gzip ends too early; the last file stays in force.',
        },
      },
      { name: 'off', adapter: 'off', verticals: ['stay'], certification: { grade: 'D' } },
      {
        name: 'overpriced',
        adapter: 'remote',
        verticals: ['stay'],
        enabled: true,
        trafficShare: 0.01,
        suspensions: [
          {
            failure: 'timeouts',
            since: at(2),
            failures: 9,
            results: 10,
            detail: 'no answer in 3,000 ms',
            retryAfterMs: 4_000,
          },
        ],
        budget: { perDay: 100, timeZone: 'UTC', spentToday: 100, endsAt: at(-90) },
      },
    ],
  };
  const slots = Array.from({ length: 15 }, (_, index) => {
    const failed = index > 9 ? index - 9 : 0;
    const ok = index === 4 ? 0 : 8 + ((index * 5) % 7);
    return {
      start: at(15 - index),
      searches: ok + failed + 2,
      answered: ok + 1,
      ...(ok > 0 && { p50Ms: 180 + index * 21, p95Ms: 520 + ((index * 173) % 420) }),
      outcomes: [
        { status: 'OUTCOME_STATUS_OK', count: ok },
        { status: 'OUTCOME_STATUS_EMPTY', count: 1 },
        { status: 'OUTCOME_STATUS_NOT_AWAITED', count: 1 },
        { status: 'OUTCOME_STATUS_FAILED', count: failed },
      ],
    } as const;
  });
  const sum = (of: (slot: (typeof slots)[number]) => number): number => slots.reduce((all, slot) => all + of(slot), 0);
  const activity: ListPartnerActivityResponse = {
    windowSeconds: 900,
    replicas: 2,
    replicasMissing: 1,
    partners: [
      {
        partner: 'drifting',
        searches: sum(({ searches }) => searches),
        offers: 14_200,
        p50Ms: 312,
        p95Ms: 940,
        outcomes: slots[0]!.outcomes.map(({ status }, index) => ({
          status,
          count: sum(({ outcomes }) => outcomes[index]!.count),
        })),
        latencies: [50, 75, 100, 150, 200, 300, 400, 500, 600, 800, 1_000, 1_250].map((upperMs, index) => ({
          upperMs,
          ...(index > 1 && { count: [3, 11, 24, 38, 33, 21, 12, 9, 8, 4][index - 2]! }),
        })),
        slots,
      },
      {
        partner: 'overpriced',
        searches: 40,
        outcomes: [
          { status: 'OUTCOME_STATUS_SUSPENDED', count: 31 },
          { status: 'OUTCOME_STATUS_TIMED_OUT', count: 9 },
        ],
        slots: slots.map(({ start }) => ({ start })),
      },
    ],
  };
  const accuracy: ListAccuracyResponse = {
    accuracies: [
      {
        partner: 'drifting',
        market: 'GB',
        leadTime: 'to 7 days',
        checked: 200,
        accurate: 150,
        dearer: 40,
        cheaper: 4,
        gone: 6,
        failed: 3,
      },
      { partner: 'drifting', market: 'DE', leadTime: 'beyond', checked: 80, accurate: 80 },
    ],
    standings: [
      {
        partner: 'drifting',
        market: 'GB',
        action: 'ACCURACY_ACTION_DEMOTED',
        accuracy: 0.75,
        floor: 0.85,
        checked: 200,
        since: at(300),
        detail: '150 of 200 checks found the price as shown; 88 % heals it.',
      },
    ],
  };
  const mismatches: ListMismatchesResponse = {
    mismatches: [
      {
        mismatchId: 'mm1',
        partner: 'drifting',
        market: 'GB',
        shown: { currencyCode: 'GBP', amount: '309.78' },
        found: { currencyCode: 'GBP', amount: '331.10' },
        difference: 0.0688,
        checkedAt: at(6),
      },
      {
        mismatchId: 'mm2',
        partner: 'drifting',
        market: 'GB',
        shown: { currencyCode: 'GBP', amount: '87.00' },
        checkedAt: at(11),
      },
    ],
  };
  const quarantined: ListQuarantinedResponse = {
    offers: [
      {
        offerId: 'of1',
        partner: 'drifting',
        market: 'GB',
        total: { currencyCode: 'GBP', amount: '3.10' },
        othersMedian: { currencyCode: 'GBP', amount: '311.00' },
        others: 3,
        magnitude: -2,
        seenAt: at(4),
        detail: 'A hundredth of what three others ask.',
      },
    ],
  };
  const quality: GetQualityResponse = {
    partners: [
      {
        partner: 'drifting',
        vertical: 'flight',
        market: 'GB',
        since: at(60),
        rows: 15_000,
        rejections: [{ reason: 'REJECTION_REASON_MISSING_FIELD', count: 800, example: 'row 3: no departure' }],
        repairs: [{ reason: 'REPAIR_REASON_CODE_UNKNOWN', attribute: 'cabin', count: 40, example: '"Y+"' }],
        fills: [
          { attribute: 'stops', filled: 14_200, rows: 14_200, mapped: true },
          { attribute: 'cabin', filled: 9_000, rows: 14_200, mapped: true },
          { attribute: 'emissions_kg', rows: 14_200 },
        ],
      },
    ],
  };
  return {
    '/v1/partners': partners,
    '/v1/partnerActivity': activity,
    '/v1/accuracy': accuracy,
    '/v1/mismatches': mismatches,
    '/v1/quarantinedOffers': quarantined,
    '/v1/quality': quality,
  };
}
