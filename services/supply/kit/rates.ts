import type { PartnerRate } from '../../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { AnswerContext } from '../adapter.ts';
import type { Compiler } from './compiler.ts';
import type { RatesTemplate } from './manifest.ts';
import { type Frame, type Reader, Scope } from './scope.ts';

/**
 * Compiles the rates that an answer states. Nothing is judged here: a rate that is none goes on as it is written, so that pricing says
 * what is wrong with it, and nothing stands in for it unnoticed. What names no two currencies is left out.
 *
 * @param scope of answers
 */
export function compileRates(
  compiler: Compiler,
  template: RatesTemplate,
  scope: Scope,
): (frame: Frame, context: AnswerContext) => PartnerRate[] {
  const over = compiler.expression(['rates', 'each'], template.each, scope, 'list_dyn');
  const inner = new Scope(scope);
  const element = inner.add('it', 'dyn');
  const read = (key: 'from' | 'to' | 'rate' | 'date'): Reader | undefined =>
    template[key] === undefined ? undefined : compiler.expression(['rates', key], template[key], inner);
  const [from, to, rate, date] = [read('from')!, read('to')!, read('rate')!, read('date')];
  return (frame, { fetchedAt }) => {
    // The element's slot may be one that rows use.
    const own = frame.slice();
    const elements = over(own);
    const rates: PartnerRate[] = [];
    for (const one of Array.isArray(elements) ? elements : []) {
      own[element] = one;
      const [fromCurrency, toCurrency] = [from(own), to(own)];
      if (typeof fromCurrency !== 'string' || typeof toCurrency !== 'string') continue;
      const day = date === undefined ? new Date(fetchedAt).toISOString() : text(date(own));
      rates.push({ fromCurrency, toCurrency, rate: text(rate(own)), date: day.slice(0, 10) });
    }
    return rates;
  };
}

/** As it is written; empty where there is nothing. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}
