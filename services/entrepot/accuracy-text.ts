// How right shown prices were, as text for people.
import { styleText } from 'node:util';
import type { ListAccuracyResponse, Mismatch, Money, ReplayMismatchResponse } from '../../libs/client/index.ts';
import { table } from './table.ts';

/** How partners stand, and what that is made of. */
export function standingText({ accuracies = [], standings = [] }: ListAccuracyResponse): string {
  if (standings.length === 0) return 'Nothing has been asked again yet; see deploy/config/accuracy.yaml.';
  const stands = table(
    ['partner', 'market', '>accuracy', '>floor', '>checks', 'stands', 'why'],
    standings.map(({ partner, market, accuracy, floor, checked = 0, action, detail = '' }) => [
      partner,
      market,
      percent(accuracy),
      percent(floor),
      String(checked),
      actionText(action),
      detail,
    ]),
  );
  const counts = table(
    ['partner', 'market', 'lead time', '>accuracy', '>checks', '>as shown', '>dearer', '>cheaper', '>gone', '>failed'],
    accuracies.map((one) => [
      one.partner,
      one.market,
      one.leadTime,
      percent(one.accuracy),
      ...[one.checked, one.accurate, one.dearer, one.cheaper, one.gone, one.failed].map((count = 0) => String(count)),
    ]),
  );
  return `${stands}\n\n${counts}`;
}

/** Mismatches, one a row. */
export function mismatchTable(mismatches: readonly Mismatch[]): string {
  return table(
    ['id', 'partner', 'market', 'lead time', '>shown', '>found', '>off', 'checked', 'what else changed'],
    mismatches.map((one) => [
      one.mismatchId,
      one.partner,
      one.market,
      one.leadTime,
      moneyText(one.shown),
      one.found === undefined ? 'gone' : moneyText(one.found),
      signed(one.difference),
      (one.checkedAt ?? '').slice(0, 19).replace('T', ' '),
      (one.changes ?? [])
        .map(({ field, before = '', after = '' }) => `${field}: ${before || '–'} → ${after || '–'}`)
        .join('; '),
    ]),
  );
}

/** What the partner says now, in a few lines. */
export function replayText({ mismatch = {}, now, asShown = false, asFound = false }: ReplayMismatchResponse): string {
  const found = mismatch.found === undefined ? 'it was gone' : `found ${moneyText(mismatch.found)}`;
  const verdict = asShown
    ? styleText('green', 'as it was shown')
    : asFound
      ? styleText('yellow', 'as it was found when it was checked')
      : styleText('red', 'neither as it was shown nor as it was found');
  return [
    `${mismatch.partner} in ${mismatch.market}, ${mismatch.leadTime}: shown ${moneyText(mismatch.shown)}, ${found}`,
    `now ${moneyText(now)}: ${verdict}`,
  ].join('\n');
}

function actionText(action: string | undefined): string {
  if (action === 'ACCURACY_ACTION_HIDDEN') return styleText('red', 'hidden');
  if (action === 'ACCURACY_ACTION_DEMOTED') return styleText('yellow', 'demoted');
  return styleText('green', 'as others');
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(share * 100).toFixed(1)} %`;
}

function signed(share: number | undefined): string {
  return share === undefined ? '' : `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;
}

function moneyText(money: Money | undefined): string {
  return money === undefined ? '' : `${money.amount} ${money.currencyCode}`;
}
