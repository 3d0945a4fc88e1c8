/**
 * The calendar of TARGET, the euro's payment system: the days on which the European Central Bank publishes reference rates. Closed are
 * Saturdays and Sundays, New Year's Day, Good Friday, Easter Monday, 1 May, 25 and 26 December. All days are ISO 8601 dates.
 */

const DAY = 86_400_000;
/** Beyond, the count is no longer exact, only large: ten years of days. */
const MOST_DAYS = 3_653;

/** Whether rates are published on a day. */
export function isBusinessDay(date: string): boolean {
  return isOpen(new Date(`${date}T00:00:00Z`));
}

/**
 * How old rates of one day are on another, in business days: those after the first, up to and with the second. Friday's rates are 0 on
 * Sunday and 1 on Monday. 0 where the second is not later.
 */
export function businessDaysSince(date: string, today: string): number {
  const end = Date.parse(today);
  const start = Math.max(Date.parse(date), end - MOST_DAYS * DAY);
  let count = 0;
  for (let day = start + DAY; day <= end; day += DAY) if (isOpen(new Date(day))) count++;
  return count;
}

function isOpen(day: Date): boolean {
  const weekday = day.getUTCDay();
  if (weekday === 0 || weekday === 6) return false;
  const month = day.getUTCMonth() + 1;
  const date = day.getUTCDate();
  if ((month === 1 || month === 5) && date === 1) return false;
  if (month === 12 && (date === 25 || date === 26)) return false;
  const fromEaster = (day.getTime() - easterSunday(day.getUTCFullYear())) / DAY;
  return fromEaster !== -2 && fromEaster !== 1;
}

/** Easter Sunday of a year by the Gregorian computus (Meeus, Jones, Butcher), epoch milliseconds. */
function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const rest = year % 100;
  const corrected = century - Math.floor(century / 4) - Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + corrected + 15) % 30;
  const weekday = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - epact - (rest % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * weekday) / 451);
  const sum = epact + weekday - 7 * late + 114;
  return Date.UTC(year, Math.floor(sum / 31) - 1, (sum % 31) + 1);
}
