import {
  type GetRuleSetResponse,
  type PriceRequest,
  type PriceResponse,
  type PriceStart,
  type PricingContext,
  PricingServiceDefinition,
  type PricingView,
  type QuoteBatch,
  type QuoteRequest,
  type QuoteResponse,
} from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { EntrepotError, invalidField, invalidFields } from '../../libs/errors/index.ts';
import { meshService, type ServiceHandle } from '../../libs/mesh/index.ts';
import { counter, observedGauge } from '../../libs/telemetry/index.ts';
import { priceBatch } from './batch.ts';
import { effectText } from './effects.ts';
import { explain } from './explain.ts';
import { LiveConfiguration, type LiveOptions } from './live.ts';
import { checkQuotedBatch, quote, Turns } from './quotation.ts';
import type { View } from './view.ts';

export { checkPricingConfig } from './configuration.ts';
export { PricingTrial, type TrialView } from './trial.ts';

const rowsCounter = counter('entrepot.pricing.rows', {
  unit: '{row}',
  description: 'Rows by result: priced, or the reason for which they were not.',
});

/**
 * Pricing: FX, rules, rounding and the ledger that explains them.
 *
 * @throws ConfigError when rules or rates cannot be used
 */
export function createPricingService(options: LiveOptions): ServiceHandle {
  const now = options.now ?? Date.now;
  const live = new LiveConfiguration(options);
  const { versions } = live;
  const endGauges = observe(live, now);

  const start = (message: PriceStart, at = 'start.context'): { view: View; pinned: PricingView } => {
    if (message.view !== undefined) return { view: pinnedView(live, message.view), pinned: message.view };
    const context = checkContext(message.context, live, at);
    const instant = now();
    const table = versions.tableAt(instant);
    if (table === undefined) throw noTable(instant);
    const { ruleSet, markets } = versions.current;
    const display = markets.displayIn(context.market);
    const view = versions.view({ ...context, display }, ruleSet, table, instant);
    return {
      view,
      pinned: {
        context,
        ruleSet: ruleSet.digest,
        rateTable: table.id,
        instant: Temporal.Instant.fromEpochMilliseconds(instant),
        attributes: [...view.attributes],
        staleRates: table.staleRates,
        display,
      },
    };
  };

  const service = meshService(PricingServiceDefinition, {
    async *price(requests: AsyncIterable<PriceRequest>): AsyncGenerator<PriceResponse> {
      let view: View | undefined;
      for await (const { message } of requests) {
        switch (message?.$case) {
          case 'start': {
            if (view !== undefined) throw invalidField('start', 'was sent before; a stream has one view');
            const started = start(message.value);
            view = started.view;
            yield { message: { $case: 'view', value: started.pinned } };
            break;
          }
          case 'batch': {
            if (view === undefined) throw invalidField('start', 'is missing; it goes before the first batch');
            const quotes = priceBatch(view, message.value);
            count(quotes);
            yield { message: { $case: 'quotes', value: quotes } };
            break;
          }
          case undefined:
            throw invalidField('message', 'is empty; send start, then batches');
        }
      }
    },
    async *quote(requests: AsyncIterable<QuoteRequest>): AsyncGenerator<QuoteResponse> {
      const turns = new Turns();
      for await (const { terms, batch, withLedgers } of requests) {
        if (terms === undefined) throw invalidField('terms', 'is missing; send a context or a pinned view');
        const { view, pinned } = start(
          terms.$case === 'view'
            ? { context: undefined, view: terms.value }
            : { context: terms.value, view: undefined },
          'context',
        );
        const answer = await quote(view, checkQuotedBatch(batch, withLedgers), withLedgers, turns);
        count(answer.quotes);
        yield { view: pinned, ...answer };
      }
    },
    async explain({ view, batch }) {
      if (view === undefined) throw invalidField('view', 'is missing; send the view that priced the row');
      if (batch === undefined) throw invalidField('batch', 'is missing; send the row as it was priced');
      return explain(pinnedView(live, view), batch);
    },
    async getRuleSet(): Promise<GetRuleSetResponse> {
      const { ruleSet } = versions.current;
      const instant = now();
      const table = versions.tableAt(instant);
      if (table === undefined) throw noTable(instant);
      return {
        ruleSet: ruleSet.digest,
        rateTable: table.id,
        rules: ruleSet.inOrder.map(
          ({ name, description, when = '', priority = 0, exclusive = '', apply, experiment }) => ({
            name,
            description,
            when,
            attributes: ruleSet.attributesOf(name),
            priority,
            exclusiveGroup: exclusive,
            effect: effectText(apply),
            experiment: experiment === undefined ? '' : `${experiment.name}/${experiment.arm}`,
          }),
        ),
        currencies: [...table.currencies],
      };
    },
  });

  return {
    name: 'pricing',
    services: [service],
    async close() {
      endGauges();
      live.close();
    },
  };
}

/** The view that a caller pinned; the same rules, rates and instant as when it was given out. */
function pinnedView({ versions }: LiveConfiguration, pinned: PricingView): View {
  if (pinned.instant === undefined) throw invalidField('view.instant', 'is missing; send the view as it was received');
  const instant = pinned.instant.epochMilliseconds;
  const ruleSet = versions.ruleSet(pinned.ruleSet);
  const table = versions.table(pinned.rateTable, instant);
  const gone = [
    ...(ruleSet === undefined ? [`rule set "${pinned.ruleSet.slice(0, 64)}"`] : []),
    ...(table === undefined ? [`rate table "${pinned.rateTable.slice(0, 64)}"`] : []),
  ];
  if (ruleSet === undefined || table === undefined) {
    const message = `The pinned ${gone.join(' and ')} is no longer kept here, so its prices cannot be replayed; search again.`;
    throw new EntrepotError({ reason: 'VIEW_EXPIRED', message });
  }
  const context = pinned.context;
  if (context === undefined) throw invalidField('view.context', 'is missing; send the view as it was received');
  requireContext(context, 'view.context', ruleSet.verticals);
  return versions.view({ ...context, display: pinned.display }, ruleSet, table, instant);
}

function checkContext(
  context: PricingContext | undefined,
  { versions }: LiveConfiguration,
  at: string,
): PricingContext {
  if (context === undefined) throw invalidField(at, 'is missing, and no view is pinned');
  requireContext(context, at, versions.current.ruleSet.verticals);
  return context;
}

function requireContext({ vertical, market }: PricingContext, at: string, verticals: readonly string[]): void {
  const violations = [];
  if (!verticals.includes(vertical)) {
    violations.push({
      field: `${at}.vertical`,
      description: `there is none of that name; there are ${verticals.join(', ')}`,
    });
  }
  if (!/^[A-Z]{2}$/.test(market)) {
    violations.push({ field: `${at}.market`, description: 'must be an ISO 3166-1 alpha-2 code: "GB"' });
  }
  if (violations.length > 0) throw invalidFields(violations);
}

function noTable(instant: number): EntrepotError {
  const date = new Date(instant).toISOString().slice(0, 10);
  return new EntrepotError({
    reason: 'PRICING_UNAVAILABLE',
    message: `No rate table is dated ${date} or earlier; add one to pricing/rates.`,
  });
}

function count({ totalMinor, unpriced }: QuoteBatch): void {
  const priced = totalMinor.byteLength / 8 - unpriced.length;
  if (priced > 0) rowsCounter.add(priced, { result: 'priced' });
  const reasons = new Map<string, number>();
  for (const { reason } of unpriced) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [result, rows] of reasons) rowsCounter.add(rows, { result });
}

function observe(live: LiveConfiguration, now: () => number): () => void {
  const ends = [
    observedGauge(
      'entrepot.pricing.config.refused',
      { unit: '1', description: '1 while the files on disk are refused and older ones are in force, else 0.' },
      (result) => result.observe(live.refused.length > 0 ? 1 : 0),
    ),
    observedGauge(
      'entrepot.pricing.rate_table.age',
      { unit: 'd', description: 'Days since the date of the rate table in force.' },
      (result) => {
        const table = live.versions.tableAt(now());
        if (table !== undefined) result.observe((now() - Date.parse(table.date)) / 86_400_000);
      },
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}
