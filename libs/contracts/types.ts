/** Messages and enums of entrepot.type.v1: money, local time, places, columns, attributes, and the reasons of errors. */
export { Attribute, ContentRole, FacetKind, IdentityRole } from './gen/entrepot/type/v1/attribute.ts';
export {
  ChargeColumns,
  Column,
  ColumnBatch,
  PriceColumns,
  StringColumn,
  StringListColumn,
} from './gen/entrepot/type/v1/column.ts';
export { ErrorReason } from './gen/entrepot/type/v1/error.ts';
export { GeoCircle, GeoPoint } from './gen/entrepot/type/v1/geo.ts';
export { ChargeKind, ChargeTerms, Money, TaxBasis } from './gen/entrepot/type/v1/money.ts';
export { Deprecation, Input, Permission, Public } from './gen/entrepot/type/v1/public.ts';
export { LocalTime } from './gen/entrepot/type/v1/time.ts';
export { PriceBound, PriceUnit, Vertical } from './gen/entrepot/type/v1/vertical.ts';
