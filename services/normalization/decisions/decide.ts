// What people say of products: each kind of decision in a file of its own.
import type { DecideRequest } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { invalidField } from '../../../libs/errors/index.ts';
import { merge } from './merge.ts';
import { move } from './move.ts';
import { answerReview } from './review.ts';
import { split } from './split.ts';
import { checkAuthor, type Decided, type DecisionTools, inTransaction } from './transaction.ts';

/** Decides what a person says. Throws EntrepotError as NormalizationService.Decide does. */
export function decide(request: DecideRequest, tools: DecisionTools): Promise<Decided> {
  const { decision } = request;
  if (decision === undefined) throw invalidField('decision', 'is missing; answer a review, merge, split, or move keys');
  checkAuthor(request);
  return inTransaction(request, tools, (tx, batch) => {
    switch (decision.$case) {
      case 'review':
        return answerReview(decision.value, request, tools, tx, batch);
      case 'merge':
        return merge(decision.value, request, tools, tx, batch);
      case 'split':
        return split(decision.value, request, tools, tx, batch);
      case 'move':
        return move(decision.value, request, tools, tx, batch);
    }
  });
}
