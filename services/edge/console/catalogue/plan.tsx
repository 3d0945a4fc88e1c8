import type { Review } from '../../../../libs/client/index.ts';
import { distanceText, metresApart, planOf, pointOf } from './position.ts';

const width = 300;
const height = 130;

/** Where both records are, as a plan with north up: drawn here, so that nobody else is told what is looked at. */
export function PositionPlan({ review }: { readonly review: Review }) {
  const [left, right] = [pointOf(review.left), pointOf(review.right)];
  if (left === undefined || right === undefined) return null;
  const changed = review.kind === 'REVIEW_KIND_KEY_CHANGED';
  const plan = planOf(left, right, width, height);
  const length = plan.scale.metres < 1000 ? `${plan.scale.metres} m` : `${plan.scale.metres / 1000} km`;
  return (
    <section class="plan" aria-label="Position">
      <h4>
        Position <span class="distance">{distanceText(metresApart(left, right))}</span>
      </h4>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Plan: ${distanceText(metresApart(left, right))}`}>
        <path class="grid" d={gridPath} />
        <line class="plan-line" x1={plan.left.x} y1={plan.left.y} x2={plan.right.x} y2={plan.right.y} />
        <circle class="left" cx={plan.left.x} cy={plan.left.y} r="6" />
        <rect class="right" x={plan.right.x - 5} y={plan.right.y - 5} width="10" height="10" />
        <path class="scale" d={`M10 ${height - 14}v5h${plan.scale.units}v-5`} />
        <text x="10" y={height - 18}>
          {length}
        </text>
      </svg>
      <p class="small muted legend">
        <span class="legend-left" /> {changed ? 'before' : 'left'} <span class="legend-right" />{' '}
        {changed ? 'now' : 'right'}; north is up
      </p>
    </section>
  );
}

const gridPath = [
  ...Array.from({ length: 14 }, (_, index) => `M${(index + 1) * 20} 0V${height}`),
  ...Array.from({ length: 6 }, (_, index) => `M0 ${(index + 1) * 20}H${width}`),
].join('');
