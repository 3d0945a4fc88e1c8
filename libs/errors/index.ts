export { toEntrepotError } from './convert.ts';
export { fromStatusDetails, type StatusDetails, toStatusDetails } from './details.ts';
export { EntrepotError, type EntrepotErrorInit, type FieldViolation, invalidField, invalidFields } from './error.ts';
export { type ReasonName, reasonStatus } from './reasons.ts';
