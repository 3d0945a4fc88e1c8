/** Verticals and their attributes, derived from the contracts' descriptors: the only place that reads them. */
export { type AttributeSpec, type ContentRole, isQueryable, isTold, isToldOnly } from './attribute.ts';
export { descriptors, docOf } from './descriptors.ts';
export { exampleOf, type Input, inputOf } from './input.ts';
export { checkShape } from './json-shape.ts';
export { type OptionReader, readOption } from './option.ts';
export { type PriceUnit, type Vertical, vertical, verticals } from './vertical.ts';
