import type { ExplainResponse, RankFeature } from '../../../../../libs/client/index.ts';
import { number, words } from '../../ui/format.ts';
import { select } from '../state.ts';

/** Why an offer stands where it stands: what its score is made of, beside that of the first. */
export function RankTab({ explained }: { readonly explained: ExplainResponse }) {
  const rank = explained.rank ?? {};
  const { position, features = [], firstFeatures = [], firstOfferId = '' } = rank;
  const most = Math.max(...[...features, ...firstFeatures].map(({ contribution = 0 }) => Math.abs(contribution)), 1e-9);
  return (
    <div class="stack">
      <p>
        {position === undefined ? (
          <strong>Not shown</strong>
        ) : (
          <>
            <strong class="position">{position}</strong> of {rank.totalSize} by <code>{rank.orderBy}</code>
          </>
        )}
      </p>
      <p class="muted">{rank.reason ?? 'It comes first.'}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">What counts (the smaller, the better)</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col" class="number">
              Adds
            </th>
          </tr>
        </thead>
        <tbody>
          {features.map((feature) => (
            <Feature
              key={feature.name}
              feature={feature}
              first={firstFeatures.find(({ name }) => name === feature.name)}
              most={most}
            />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Score</th>
            <td />
            <td class="number">
              <strong>{rank.score === undefined ? 'none' : number(rank.score)}</strong>
              {rank.firstScore !== undefined && <div class="muted">{number(rank.firstScore)}</div>}
            </td>
          </tr>
        </tfoot>
      </table>
      {firstOfferId !== '' && (
        <p class="small muted">
          Pale: the first entry.{' '}
          <button type="button" class="button link" onClick={() => select(firstOfferId)}>
            Show it
          </button>
        </p>
      )}
    </div>
  );
}

function Feature(props: {
  readonly feature: RankFeature;
  readonly first: RankFeature | undefined;
  readonly most: number;
}) {
  const { feature, first, most } = props;
  const width = (one: RankFeature): number => (Math.abs(one.contribution ?? 0) / most) * 100;
  return (
    <tr>
      <td>
        {words(feature.name ?? '')}
        {feature.weight !== undefined && feature.weight !== 1 && (
          <span class="muted small"> × {number(feature.weight)}</span>
        )}
        <svg class="feature" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          <rect class="own" x="0" y="0" width={width(feature)} height={first ? 5 : 10} />
          {first && <rect class="first" x="0" y="6" width={width(first)} height="4" />}
        </svg>
      </td>
      <td class="number">
        {feature.value === undefined ? 'none' : number(feature.value)}
        {first && <div class="muted">{first.value === undefined ? 'none' : number(first.value)}</div>}
      </td>
      <td class="number">
        {number(feature.contribution ?? 0)}
        {first && <div class="muted">{number(first.contribution ?? 0)}</div>}
      </td>
    </tr>
  );
}
