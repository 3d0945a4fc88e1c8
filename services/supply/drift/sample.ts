import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type { AnswerContext, ReadResult } from '../adapter.ts';
import type { HttpAnswer } from '../http.ts';
import type { Question } from '../question.ts';

/** One answer of a live conversation, kept until it is looked at. */
export interface SampledAnswer {
  readonly question: Question;
  readonly answer: HttpAnswer;
  readonly body: unknown;
  readonly context: AnswerContext;
  /** Rows that were read from it; undefined where the mapping could not read it. */
  rows: number | undefined;
  /** It states a failure in the partner's own words: built in another way, and rightly so. */
  isFailure: boolean;
}

/** Bodies of one conversation that are kept; what comes after is not looked at. */
const MOST_BYTES = 16_777_216;

/** A live conversation with a partner that is looked at when it is over. Holds references alone: it does no work. */
export class Sample {
  readonly answers: SampledAnswer[] = [];
  readonly #onEnd: (sample: Sample) => void;
  #bytes = 0;

  constructor(onEnd: (sample: Sample) => void) {
    this.#onEnd = onEnd;
  }

  /** An answer of the format came. */
  came(question: Question, answer: HttpAnswer, body: unknown, context: AnswerContext): void {
    this.#bytes += answer.body.length;
    if (this.#bytes > MOST_BYTES) return;
    this.answers.push({ question, answer, body, context, rows: undefined, isFailure: false });
  }

  /** What the mapping made of the last answer; not called where reading it threw. */
  means(result: ReadResult<unknown>): void {
    const last = this.answers.at(-1);
    if (last === undefined || this.#bytes > MOST_BYTES) return;
    if (!('failure' in result)) last.rows = result.rows.length;
    else last.isFailure = result.failure !== FailureKind.MALFORMED;
  }

  /** The conversation is over. */
  end(): void {
    this.#onEnd(this);
  }
}
