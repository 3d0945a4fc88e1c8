/** Measures: units by their UCUM codes, exact conversion, and reading what sellers write. */
export { convertUnit, type Measure, parseMeasure } from './measure.ts';
export { type Dimension, unitCodes, unitOf } from './table.ts';
