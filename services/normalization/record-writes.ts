import { writeRecords } from './changes.ts';
import { addKeys } from './product-keys.ts';
import type { RecordPlan } from './record-plan.ts';
import type { RecordVertical } from './record-vertical.ts';
import { addReviews } from './reviews.ts';
import { addProducts, touchProducts, type Writing } from './schema.ts';

/** Writes a call's plan down; how many reviews it opened. */
export async function writePlan({ vertical }: RecordVertical, plan: RecordPlan, writing: Writing): Promise<number> {
  const { tx, events } = writing;
  await addProducts(
    vertical,
    plan.products.map(({ productId, title }) => ({ productId, title, content: '', endsOn: '' })),
    writing,
  );
  await addKeys(vertical, plan.keys, tx);
  await writeRecords(vertical, plan.records, writing);
  await touchProducts(plan.grown, writing);
  for (const event of plan.events) events.add(event);
  await events.write(tx);
  return addReviews(plan.reviews, events.at, tx);
}
