// The search view as a test uses it.
import type { Locator, Page } from 'playwright-core';
import { textOf } from './browser.ts';

/** A vertical, as the tests of the view search it. */
export interface Searched {
  readonly vertical: string;
  /** Its title in the form. */
  readonly title: string;
  /** Partners that sell it, the one first that tests make slow. */
  readonly partners: readonly string[];
  /** A facet of values and one of them. */
  readonly facet: string;
  readonly value: string;
}

/** What is searched: two verticals, for nothing in the page may know one. */
export const searches: readonly Searched[] = [
  {
    vertical: 'flight',
    title: 'Flight',
    partners: ['duffel', 'amadeus', 'duffel-leisure', 'travelport'],
    facet: 'partner',
    value: 'amadeus',
  },
  {
    vertical: 'stay',
    title: 'Stay',
    partners: ['hotelbeds', 'hotelbeds-direct', 'hotelbeds-select'],
    facet: 'zone',
    value: 'Old Town',
  },
];

/** The rows of the list. */
export const rows = (page: Page): Locator => page.locator('[data-offer]');

/** A partner's line, once it has a state; without one, whatever it has. */
export const partner = (page: Page, name: string, status?: string): Locator =>
  page.locator(`[data-partner="${name}"]${status === undefined ? '' : `[data-status="${status}"]`}`);

/** Chooses the vertical and begins the search that the form is filled in with. */
export async function begin(page: Page, { title }: Searched): Promise<void> {
  await page.locator('.segment', { hasText: title }).click();
  await page.locator('.form .submit').click();
}

/** Searches until every partner has answered. */
export async function searchToEnd(page: Page, searched: Searched): Promise<void> {
  await begin(page, searched);
  for (const name of searched.partners) await partner(page, name, 'OUTCOME_STATUS_OK').waitFor();
  await rows(page).first().waitFor();
}

/** How many products the list says there are. */
export async function total(page: Page): Promise<number> {
  return Number(await textOf(page.locator('.toolbar strong')));
}
