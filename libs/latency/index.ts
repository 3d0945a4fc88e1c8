/** How long things take, learned from how long they took. */
export { LearnedLatency } from './learned.ts';
export { shapeOf } from './shape.ts';
