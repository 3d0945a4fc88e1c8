/** Verticals and their attributes, derived from the contracts' descriptors: the only place that reads them. */
export { type AttributeSpec, isQueryable } from './attribute.ts';
export { descriptors, docOf } from './descriptors.ts';
export { checkShape } from './json-shape.ts';
export { type PriceUnit, type Vertical, vertical, verticals } from './vertical.ts';
