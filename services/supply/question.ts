import type { Adapter, AnswerContext, AskContext, PartnerRequest } from './adapter.ts';
import type { InventoryLookup } from './inventory/types.ts';

/** What finds offers: a request to the partner, or a look into what it has handed over. */
export type Question = PartnerRequest | InventoryLookup;

/** The first question of a search, or why these criteria cannot be asked. */
export function firstQuestion(adapter: Adapter, context: AskContext): Question | { readonly unsupported: string } {
  return adapter.inventory?.lookup(context) ?? adapter.ask(context);
}

/** Asks again for one row. */
export function questionAgain(adapter: Adapter, row: unknown, context: AnswerContext): Question {
  return adapter.inventory?.again(row, context) ?? adapter.verify(row, context);
}
