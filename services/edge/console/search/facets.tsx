import { useState } from 'preact/hooks';
import type { Facet } from '../../../../libs/client/index.ts';
import { Histogram } from '../ui/bars.tsx';
import { number, roundMoney } from '../ui/format.ts';
import { type Choice, isChosen } from './facet-filter.ts';
import { asked, choices, choose, listed, openFacets, vertical, view } from './state.ts';
import { type Attribute, facetValueText, titleOf, writtenNumber } from './vertical.ts';

const fewValues = 6;

/** What the found offers are like, to choose from. */
export function Facets() {
  const shown = view.value?.facets ?? [];
  const any = Object.values(choices.value).some(isChosen);
  if (shown.length === 0 || (!any && listed.value.length === 0)) return null;
  return (
    <section class="card facets" aria-label="Narrow down">
      {any && (
        <button type="button" class="button link clear" onClick={() => choose({})}>
          Clear all
        </button>
      )}
      <details open={isWide}>
        <summary class="facets-summary">
          <h2>Narrow down</h2>
        </summary>
        {shown.map((facet) => (
          <OneFacet key={facet.attribute} facet={openFacets.value[facet.attribute ?? ''] ?? facet} />
        ))}
      </details>
    </section>
  );
}

/** Where there is one column, the list comes first to the eye. */
const isWide = matchMedia('(min-width: 821px)').matches;

function OneFacet({ facet }: { readonly facet: Facet }) {
  const name = facet.attribute ?? '';
  const attribute = vertical.value?.attributes.find((one) => one.name === name);
  const choice = choices.value[name];
  const isRange = facet.range !== undefined || (choice !== undefined && !('values' in choice));
  if (!isRange && (facet.values ?? []).length === 0 && !isChosen(choice)) return null;
  return (
    <fieldset class="facet" data-facet={name}>
      <legend>
        {titleOf(name)}
        {facet.provisional && (
          <span class="muted small" title="Identity is still being decided: counts of products may fall.">
            {' '}
            settling
          </span>
        )}
      </legend>
      {isRange ? <Range {...{ facet, name, attribute, choice }} /> : <Values {...{ facet, name, attribute, choice }} />}
      {facet.absent !== undefined && <p class="muted small">{facet.absent} not stated</p>}
    </fieldset>
  );
}

interface FacetProps {
  readonly facet: Facet;
  readonly name: string;
  readonly attribute: Attribute | undefined;
  readonly choice: Choice | undefined;
}

const set = (name: string, choice: Choice): void => choose({ ...choices.value, [name]: choice });

function Values({ facet, name, attribute, choice }: FacetProps) {
  const [all, setAll] = useState(false);
  const chosen = choice !== undefined && 'values' in choice ? choice.values : [];
  const counted = (facet.values ?? []).map(({ value = '', count = 0 }) => ({ value, count }));
  const gone = chosen.filter((value) => !counted.some((one) => one.value === value));
  const values = [...counted, ...gone.map((value) => ({ value, count: 0 }))];
  const shown = all ? values : values.filter(({ value }, index) => index < fewValues || chosen.includes(value));
  return (
    <>
      {shown.map(({ value, count }) => (
        <label key={value} class="facet-value">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ currentTarget }) =>
              set(name, {
                values: currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value),
              })
            }
          />
          <span class="grow">{facetValueText(attribute, value)}</span>
          <span class="muted number">{count}</span>
        </label>
      ))}
      {values.length > fewValues && (
        <button type="button" class="button link small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${values.length}`}
        </button>
      )}
    </>
  );
}

function Range({ facet, name, attribute, choice }: FacetProps) {
  const { min = 0, max = 0, histogram = [] } = facet.range ?? {};
  const chosen = choice !== undefined && !('values' in choice) ? choice : {};
  const from = chosen.from ?? min;
  const to = chosen.to ?? max;
  const step = stepOf(min, max);
  const text = (value: number): string => rangeText(name, attribute, value);
  const slider = (which: 'from' | 'to', value: number) => (
    <input
      type="range"
      aria-label={`${titleOf(name)} ${which === 'from' ? 'at least' : 'at most'}`}
      aria-valuetext={text(value)}
      min={Math.floor(min / step) * step}
      max={Math.ceil(max / step) * step}
      step={step}
      value={value}
      onChange={({ currentTarget }) => set(name, { ...chosen, [which]: Number(currentTarget.value) })}
    />
  );
  return (
    <>
      <Histogram counts={histogram} min={min} max={max} from={from} to={to} />
      <div class="sliders">
        {slider('from', from)}
        {slider('to', to)}
      </div>
      <div class="row small muted">
        <span class="grow">{text(from)}</span>
        <span>{text(to)}</span>
        {isChosen(choice) && (
          <button type="button" class="button link" onClick={() => set(name, {})}>
            Clear
          </button>
        )}
      </div>
    </>
  );
}

/** A bound of a range for a person. */
function rangeText(name: string, attribute: Attribute | undefined, value: number): string {
  if (attribute !== undefined) return writtenNumber(attribute, value);
  const currency = asked.value?.currency;
  return name === 'price' && currency !== undefined ? roundMoney(value, currency) : number(value);
}

/** A step that a range has some hundred of: 1, 2 or 5 of a power of ten. */
function stepOf(min: number, max: number): number {
  const raw = (max - min) / 100;
  if (raw <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5, 10].find((one) => one * power >= raw) ?? 10) * power;
}
