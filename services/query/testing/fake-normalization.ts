import type { ProductContent } from '../../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import { ProductContent as Content } from '../../../libs/contracts/gen/entrepot/normalization/v1/content.ts';
import {
  type BatchGetProductsRequest,
  NormalizationServiceDefinition,
  Product,
} from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError } from '../../../libs/errors/index.ts';
import { type MeshService, meshService } from '../../../libs/mesh/index.ts';
import { deepFreeze } from './freeze.ts';

const nothing = async (): Promise<never> => {
  throw new EntrepotError({ reason: 'UNKNOWN_METHOD', message: 'Query asks for content alone.' });
};
async function* nothingAtAll(): AsyncGenerator<never> {
  yield await nothing();
}

/** A pretend normalization that knows names of products. */
export class FakeNormalization {
  readonly service: MeshService;
  readonly calls: BatchGetProductsRequest[] = [];
  /** Names by product. */
  readonly names = new Map<string, string>();
  /** When content last changed, epoch ms; absent where that is not said. */
  updatedAt: number | undefined;
  /** Waited for before it answers. */
  gate: Promise<void> | undefined;
  /** It answers with an error. */
  down = false;

  constructor() {
    this.service = meshService(NormalizationServiceDefinition, {
      batchGetProducts: async (request: BatchGetProductsRequest) => {
        this.calls.push(request);
        await this.gate;
        if (this.down) throw new EntrepotError({ reason: 'INTERNAL', message: 'down' });
        const products = request.productIds.map((requestedId) => ({
          requestedId,
          product: deepFreeze(Product.fromPartial({ productId: requestedId, content: this.#contentOf(requestedId) })),
        }));
        return { products };
      },
      resolve: nothing,
      resolveStream: nothingAtAll,
      getProduct: nothing,
      listProducts: nothing,
      listReviews: nothing,
      getReview: nothing,
      decide: nothing,
      undo: nothing,
      listEvents: nothing,
      watchProducts: nothingAtAll,
    });
  }

  #contentOf(productId: string): ProductContent | undefined {
    const value = this.names.get(productId);
    return value === undefined
      ? undefined
      : Content.fromPartial({
          names: [{ value }],
          ...(this.updatedAt !== undefined && { updatedAt: Temporal.Instant.fromEpochMilliseconds(this.updatedAt) }),
        });
  }
}
