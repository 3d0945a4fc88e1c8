import type { LedgerInput } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { vertical } from '../../libs/vertical/index.ts';
import type { Constants } from './condition.ts';
import type { Columns } from './row-tests.ts';
import type { View } from './view.ts';

/** What the rules of one row went by. */
export class RuleInputs {
  readonly #view: View;
  readonly #constants: Constants;
  readonly #source: Columns;
  readonly #row: number;

  constructor(view: View, constants: Constants, source: Columns, row: number) {
    this.#view = view;
    this.#constants = constants;
    this.#source = source;
    this.#row = row;
  }

  /**
   * What a rule's condition read, in its order, with the row's values; the arm that it is for; which of its bounds was hit. A variable
   * without a value is left out: a row can lack an attribute that does not decide.
   *
   * @param bound "floor", "cap", "least margin", "most margin", or empty
   */
  of(name: string, bound: string): LedgerInput[] {
    const rule = this.#view.ruleOf(name);
    const read = [...new Set(rule?.terms.flatMap(({ reads }) => reads))];
    const inputs = read.flatMap((variable): LedgerInput[] => {
      const value = this.#value(variable);
      return value === undefined ? [] : [{ name: variable, value }];
    });
    const experiment = rule?.declaration.experiment;
    if (experiment !== undefined) inputs.push({ name: 'arm', value: `${experiment.name}/${experiment.arm}` });
    if (bound !== '') inputs.push({ name: 'bound', value: bound });
    return inputs;
  }

  #value(variable: string): string | undefined {
    const constant = this.#constants.get(variable);
    if (constant !== undefined) return String(constant);
    const column = this.#source(variable);
    if (column === undefined || !column.has(this.#row)) return undefined;
    const value = column.get(this.#row);
    if (Array.isArray(value)) return value.join(', ');
    const isTime = vertical(this.#view.context.vertical).attribute(variable)?.type === 'time';
    return isTime ? new Date(Number(value)).toISOString() : String(value);
  }
}
