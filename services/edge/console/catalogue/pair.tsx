import { useState } from 'preact/hooks';
import type { Product, Review, ReviewSide } from '../../../../libs/client/index.ts';
import { words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { type AttributeRow, agreementLooks, compareProducts, compareSides, nameOf } from './compare.ts';
import { Marked } from './marked.tsx';
import type { SideProducts } from './reading.ts';
import { type Part, partsOf } from './text-diff.ts';

/** Both records beside each other: pictures, names, and attribute by attribute what they say. */
export function Pair({ review, sides }: { readonly review: Review; readonly sides: SideProducts }) {
  const names = partsOf(nameOf(review.left), nameOf(review.right));
  const withPictures = picturesOf(sides.left).length + picturesOf(sides.right).length > 0;
  const isOne = review.left?.productId === review.right?.productId;
  const changed = review.kind === 'REVIEW_KIND_KEY_CHANGED';
  const rows = compareSides(review.left, review.right);
  const known = isOne ? [] : compareProducts(sides.left, sides.right, rows);
  return (
    <table class="pair">
      <caption class="hidden">What both records say</caption>
      <thead>
        <tr>
          <td class="corner" />
          <SideHead label={changed ? 'Before' : 'Left'} side={review.left} parts={names.left} />
          <SideHead label={changed ? 'Now' : 'Right'} side={review.right} parts={names.right} />
        </tr>
      </thead>
      <tbody>
        {withPictures && !isOne && (
          <tr>
            <th scope="row">Pictures</th>
            <td>
              <Pictures product={sides.left} />
            </td>
            <td>
              <Pictures product={sides.right} />
            </td>
          </tr>
        )}
        {rows.map((row) => (
          <Attribute key={row.name} row={row} />
        ))}
        {known.length > 0 && (
          <tr>
            <th scope="rowgroup" colSpan={3} class="known">
              Known of the products
            </th>
          </tr>
        )}
        {known.map((row) => (
          <Attribute key={row.name} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Attribute({ row: { name, left, right, agreement } }: { readonly row: AttributeRow }) {
  const look = agreementLooks[agreement];
  const parts = agreement === 'differs' ? partsOf(left, right) : undefined;
  return (
    <tr data-attribute={name} data-agreement={agreement}>
      <th scope="row">
        {words(name)}
        <span class={`agreement tone-${look.tone}`}>
          <Icon name={look.icon} />
          {look.word}
        </span>
      </th>
      <Said text={left} parts={parts?.left} />
      <Said text={right} parts={parts?.right} />
    </tr>
  );
}

function SideHead(props: {
  readonly label: string;
  readonly side: ReviewSide | undefined;
  readonly parts: readonly Part[];
}) {
  return (
    <th scope="col">
      <span class="side-label">{props.label}</span>
      <span class="side-name">
        <Marked parts={props.parts} />
      </span>
      <span class="small muted">
        {props.side?.partner} <code>{props.side?.key}</code>
      </span>
    </th>
  );
}

/** What one side says; where it says nothing, that. */
function Said({ text, parts }: { readonly text: string; readonly parts: readonly Part[] | undefined }) {
  if (text === '') return <td class="muted">not stated</td>;
  return <td>{parts === undefined ? text : <Marked parts={parts} />}</td>;
}

const mostPictures = 4;

/** Pictures of a product that come over https: the page loads no others. */
const picturesOf = (product: Product | undefined): readonly string[] =>
  (product?.content?.imageUrls ?? []).map(({ value = '' }) => value).filter((url) => url.startsWith('https:'));

function Pictures({ product }: { readonly product: Product | undefined }) {
  const urls = picturesOf(product).slice(0, mostPictures);
  const [broken, setBroken] = useState<ReadonlySet<string>>(new Set());
  if (urls.length === 0) return <span class="muted">none</span>;
  return (
    <div class="pictures">
      {urls.map((url, index) =>
        broken.has(url) ? (
          <span key={url} class="picture-missing small muted">
            <Icon name="picture" /> cannot be loaded
          </span>
        ) : (
          <a key={url} href={url} target="_blank" rel="noreferrer">
            <img
              src={url}
              alt={`No. ${index + 1} of ${product?.title ?? 'the product'}`}
              loading="lazy"
              referrerpolicy="no-referrer"
              onError={() => setBroken((was) => new Set([...was, url]))}
            />
          </a>
        ),
      )}
    </div>
  );
}
