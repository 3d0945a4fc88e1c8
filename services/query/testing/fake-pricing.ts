import { bitSet, makeBitmap, readPrices, writeInt64s } from '../../../libs/columns/index.ts';
import {
  type ExplainRequest,
  type ExplainResponse,
  LedgerLineKind,
  type PriceBatch,
  type PriceRequest,
  type PriceResponse,
  PricingServiceDefinition,
  type PricingView,
  type QuoteBatch,
} from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { ChargeTerms } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { type MeshService, meshService } from '../../../libs/mesh/index.ts';
import { moneyFromMinor } from '../../../libs/money/index.ts';
import { deepFreeze } from './freeze.ts';

/** A pretend pricing: the partner's figure, times a factor of the asked currency, is the shown one; JPY has no rate. */
export class FakePricing {
  readonly service: MeshService;
  readonly batches: PriceBatch[] = [];
  readonly explained: ExplainRequest[] = [];
  readonly views: PricingView[] = [];
  /** What figures are multiplied by, by shown currency; 1 for others. */
  factors: Readonly<Record<string, number>> = {};
  /** Partners' currencies that have no rate, by shown currency. */
  noRate: Readonly<Record<string, readonly string[]>> = {};
  /** Attributes that the rules read. */
  attributes: string[] = ['stops'];
  /** What the market has to be shown. */
  display: PricingView['display'];
  /** Waited for before the view is said. */
  viewGate: Promise<void> | undefined;
  /** Waited for before a batch is priced. */
  gate: ((batch: PriceBatch) => Promise<void> | undefined) | undefined;
  /** Thrown instead of pricing a batch, when it gives something. */
  failure: ((batch: PriceBatch) => unknown) | undefined;
  /** Thrown at the start, when set. */
  startFailure: unknown;
  /** Thrown at the start for a shown currency. */
  startFailures: Readonly<Record<string, unknown>> = {};
  /** Thrown instead of explaining, when set. */
  explainFailure: unknown;

  constructor() {
    const pricing = this;
    this.service = meshService(PricingServiceDefinition, {
      async *price(requests: AsyncIterable<PriceRequest>): AsyncGenerator<PriceResponse> {
        let currency = '';
        for await (const { message } of requests) {
          if (message?.$case === 'start') {
            if (pricing.startFailure !== undefined) throw pricing.startFailure;
            await pricing.viewGate;
            const view = message.value.view ?? pricing.#viewOf(message.value.context);
            pricing.views.push(view);
            currency = view.context?.currency ?? '';
            const failure = pricing.startFailures[currency];
            if (failure !== undefined) throw failure;
            yield deepFreeze({ message: { $case: 'view', value: view } });
          } else if (message?.$case === 'batch') {
            const batch = message.value;
            pricing.batches.push(batch);
            await pricing.gate?.(batch);
            const failure = pricing.failure?.(batch);
            if (failure !== undefined) throw failure;
            yield deepFreeze({ message: { $case: 'quotes', value: pricing.quotesOf(batch, currency) } });
          }
        }
      },
      async *quote() {},
      explain: async (request) => {
        if (pricing.explainFailure !== undefined) throw pricing.explainFailure;
        pricing.explained.push(request);
        const prices = readPrices(request.batch!.prices!);
        const kind = LedgerLineKind.PARTNER_TOTAL;
        const lines = (minor: number): Pick<ExplainResponse, 'lines' | 'total'> => {
          const total = moneyFromMinor(minor, 'GBP');
          return {
            lines: [
              {
                kind,
                description: 'as stated',
                amount: total,
                runningTotal: total,
                source: '',
                version: '',
                inputs: [],
              },
            ],
            total,
          };
        };
        const upper = prices.totalMax(0) < 0 ? { lines: [], total: undefined } : lines(prices.totalMax(0));
        return { ...lines(prices.total(0)), linesMax: upper.lines, totalMax: upper.total };
      },
      getRuleSet: async () => ({ ruleSet: 'rules', rateTable: 'rates', rules: [], currencies: ['GBP'] }),
    });
  }

  /** A batch's prices in a currency. */
  quotesOf(batch: PriceBatch, currency: string): QuoteBatch {
    return quotesOf(batch, currency, this.factors[currency] ?? 1, this.noRate[currency] ?? []);
  }

  #viewOf(context: PricingView['context']): PricingView {
    const instant = Temporal.Instant.from('2026-01-01T12:00:00Z');
    const { attributes, display } = this;
    return { context, ruleSet: 'rules', rateTable: 'rates', instant, attributes, staleRates: '', display };
  }
}

function quotesOf(
  { batchId, prices }: PriceBatch,
  currency: string,
  factor: number,
  noRate: readonly string[],
): QuoteBatch {
  const read = readPrices(prices!);
  const rows = Array.from({ length: read.length }, (_, row) => row);
  const priced = (row: number): boolean => !['JPY', ...noRate].includes(read.currency(row));
  const shown = (figure: (row: number) => number): Buffer =>
    writeInt64s(rows.map((row) => (priced(row) && figure(row) >= 0 ? figure(row) * factor : -1)));
  return {
    batchId,
    totalMinor: shown((row) => read.total(row)),
    dueLaterMinor: shown((row) => read.dueLater(row)),
    taxMinor: shown((row) => read.tax(row)),
    unpriced: rows
      .filter((row) => !priced(row))
      .map((row) => ({ row, reason: 'NO_RATE', detail: `${read.currency(row)} to ${currency}` })),
    ...chargesOf(read, factor, noRate),
    totalMaxMinor: prices!.totalMaxMinor.length === 0 ? Buffer.alloc(0) : shown((row) => read.totalMax(row)),
  };
}

/** Charges times the factor; the headline holds all but optional ones. */
function chargesOf(
  { allCharges }: ReturnType<typeof readPrices>,
  factor: number,
  noRate: readonly string[],
): Pick<QuoteBatch, 'chargesMinor' | 'chargesInTotal'> {
  const charges = Array.from({ length: allCharges?.length ?? 0 }, (_, at) => allCharges!.at(at));
  const inTotal = makeBitmap(charges.length);
  for (const [at, { terms }] of charges.entries()) if (terms <= ChargeTerms.ADDED_LATER) bitSet(inTotal, at);
  return {
    chargesMinor: writeInt64s(
      charges.map(({ currency, amountMinor }) => (noRate.includes(currency) ? -1 : amountMinor * factor)),
    ),
    chargesInTotal: Buffer.from(inTotal),
  };
}
