import { invalidField } from '../../libs/errors/index.ts';

/** Rows on a page as asked for, 0 for the default. Throws EntrepotError INVALID_FIELD. */
export function pageSizeOf(asked: number, usual: number, most: number): number {
  if (asked < 0 || asked > most) throw invalidField('pageSize', `is ${asked}; 1 to ${most}, 0 for ${usual}`);
  return asked === 0 ? usual : asked;
}
