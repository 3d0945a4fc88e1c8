/** Messages and the service of entrepot.normalization.v1: the catalogue, and what is known of its products. */
export {
  ContentSource,
  ProductContent,
  SourcedNumber,
  SourcedPosition,
  SourcedText,
  Specification,
} from './gen/entrepot/normalization/v1/content.ts';
export * from './gen/entrepot/normalization/v1/normalization.ts';
