/** How long things take, learned from how long they took. */
export { bucketOf, latencyBounds, percentileOf } from './buckets.ts';
export { LearnedLatency } from './learned.ts';
export { shapeOf } from './shape.ts';
