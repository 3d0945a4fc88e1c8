import type { PartnerOutcome } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import type {
  Judgement,
  Judgements as JudgementsEntry,
} from '../../../libs/contracts/gen/entrepot/query/v1/journal.ts';
import { AccuracyAction } from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { counted } from '../tell.ts';

/** What is done in one search about partners whose prices are too often wrong, as it was when the search began. */
export class Judgements {
  readonly #byPartner = new Map<string, Judgement>();
  #partners: readonly string[] = [];
  #demoted: Uint8Array | undefined;
  #hidden: Uint8Array | undefined;

  /** Nothing is done about anybody. */
  get none(): boolean {
    return this.#byPartner.size === 0;
  }

  /** By the partner's number, 1 for those whose offers come after the others; undefined where there are none. */
  get demoted(): Uint8Array | undefined {
    return this.#demoted;
  }

  /** By the partner's number, 1 for those whose offers are held and not shown; undefined where there are none. */
  get hidden(): Uint8Array | undefined {
    return this.#hidden;
  }

  /** Partners that the search does not ask. */
  get notAsked(): string[] {
    return [...this.#byPartner.values()].flatMap(({ partner, asked }) => (asked ? [] : [partner]));
  }

  /** Takes in what is done. */
  take({ partners }: JudgementsEntry): void {
    for (const judgement of partners) this.#byPartner.set(judgement.partner, judgement);
    this.number(this.#partners);
  }

  /** Takes in the partners that are asked, in the order of their numbers. */
  number(partners: readonly string[]): void {
    this.#partners = partners;
    this.#demoted = this.#flags(AccuracyAction.DEMOTED);
    this.#hidden = this.#flags(AccuracyAction.HIDDEN);
  }

  /** What is done about a partner; undefined for nothing. */
  of(partner: string): Judgement | undefined {
    return this.#byPartner.get(partner);
  }

  /** A partner's outcome with what is done about it; the same where nothing is. */
  told(outcome: PartnerOutcome): PartnerOutcome {
    const judgement = this.of(outcome.partner);
    if (judgement === undefined) return outcome;
    const { detail, offersKept } = outcome;
    const hidden = judgement.action === AccuracyAction.HIDDEN;
    const told = hidden ? hiddenText(judgement, offersKept) : `its offers come after the others: ${judgement.because}`;
    return {
      ...outcome,
      accuracyAction: hidden ? 'hidden' : 'demoted',
      detail: detail === '' ? told : `${detail.replace(/\.\s*$/, '')}; ${told}`,
    };
  }

  #flags(action: AccuracyAction): Uint8Array | undefined {
    const flags = Uint8Array.from(this.#partners, (partner) => (this.of(partner)?.action === action ? 1 : 0));
    return flags.includes(1) ? flags : undefined;
  }
}

function hiddenText({ because, asked }: Judgement, offers: number): string {
  if (!asked) return `hidden, and asked by a share of searches alone: ${because}`;
  return `${counted(offers, 'offer is', 'offers are')} held and not shown: ${because}`;
}
