import type { ExplainResponse, Offer, ProductKey } from '../../../../../libs/client/index.ts';
import { money, percent, words } from '../../ui/format.ts';
import { select } from '../state.ts';

/** Why listings are one product. */
export function IdentityTab({
  explained,
  offer,
}: {
  readonly explained: ExplainResponse;
  readonly offer: Offer | undefined;
}) {
  const keys = explained.origin?.identity ?? [];
  const others = offer?.otherOffers ?? [];
  return (
    <div class="stack">
      <dl class="facts">
        <dt>Product</dt>
        <dd>
          <code>{explained.source?.productId}</code>
          {explained.source?.productProvisional && <span class="chip tone-warn">provisional</span>}
        </dd>
      </dl>
      {keys.length === 0 ? (
        <p class="muted">
          {explained.source?.productProvisional
            ? 'Identity is still being decided: evidence stands here once it is.'
            : 'No evidence is at hand: the partner’s answer is no longer held, or normalization cannot be reached.'}
        </p>
      ) : (
        <>
          <h3>Evidence</h3>
          <ul class="evidence">
            {keys.map((key) => (
              <Evidence key={`${key.partner}${key.key}`} of={key} />
            ))}
          </ul>
        </>
      )}
      {others.length > 0 && (
        <>
          <h3>Other offers of this product</h3>
          <table>
            <tbody>
              {others.map(({ offerId = '', partner, total, totalMax }) => (
                <tr key={offerId}>
                  <td>
                    <button type="button" class="button link" onClick={() => select(offerId)}>
                      {partner}
                    </button>
                  </td>
                  <td class="number">
                    {money(total)}
                    {totalMax && ` – ${money(totalMax)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </div>
  );
}

function Evidence({ of }: { readonly of: ProductKey }) {
  const confidence = of.confidence ?? 0;
  return (
    <li>
      <div class="row">
        <strong class="grow">{words((of.rule ?? '').replace('IDENTITY_RULE_', ''))}</strong>
        <meter min={0} max={1} value={confidence} aria-label="Confidence" />
        <span class="number">{percent(confidence)}</span>
      </div>
      <p>{of.evidence}</p>
      <p class="small muted">
        {of.partner === undefined ? 'any partner' : of.partner} · <code>{of.key}</code>
      </p>
    </li>
  );
}
