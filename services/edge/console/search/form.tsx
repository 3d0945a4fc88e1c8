import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { SearchRequest, View } from '../../../../libs/client/index.ts';
import { entrepot } from '../api/entrepot.ts';
import { type ApiSchema, loadSchema } from '../api/schema.ts';
import { words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { type Draft, draftOf, filledIn, movedAhead } from './draft.ts';
import { Field, Fields } from './fields.tsx';
import { asked, orderBy, pageSize, phase, problem, search, verticals } from './state.ts';

/** What is asked beside the criteria, by name in the request. */
const options = ['market', 'currency', 'filter', 'view'] as const;
type Option = (typeof options)[number];

const drafts = signal<Readonly<Record<string, Draft>>>({});
const optionDrafts = signal<Readonly<Partial<Record<Option, Draft>>>>({});
const chosenVertical = signal('');

const daysAhead = 60;

/** The form: which vertical, its criteria, and how to show what is found. */
export function SearchForm() {
  const api = useSchema();
  const views = useViews();
  useFilledIn(api);
  const complaints = new Map(problem.value?.violations.map(({ field = '', description = '' }) => [field, description]));
  if (api === undefined) return <div class="card form shimmer" aria-hidden="true" />;
  const current = verticals.value.find(({ name }) => name === chosenVertical.value) ?? verticals.value[0];
  if (current === undefined) return null;
  const request = api.named('SearchRequest').properties ?? {};
  const mine = views.filter(({ vertical }) => vertical === current.name);
  return (
    <form
      class="card form"
      aria-label="Search"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        search(requestOf(api, current.name));
      }}
    >
      <fieldset class="segments">
        <legend class="hidden">What to search</legend>
        {verticals.value.map(({ name }) => (
          <label key={name} class={name === current.name ? 'segment on' : 'segment'}>
            <input
              type="radio"
              name="vertical"
              class="hidden"
              checked={name === current.name}
              onChange={() => {
                chosenVertical.value = name;
              }}
            />
            {words(name)}
          </label>
        ))}
      </fieldset>
      <Fields
        api={api}
        schema={current.criteria}
        draft={drafts.value[current.name]}
        change={(draft) => {
          drafts.value = { ...drafts.value, [current.name]: draft };
        }}
        usual={usualOf(api, current.name)}
        path={current.name}
        complaints={complaints}
      />
      <div class="fields options">
        {options
          .filter((name) => name !== 'view')
          .map((name) => (
            <Field
              key={name}
              api={api}
              name={name}
              schema={request[name] ?? {}}
              draft={optionDrafts.value[name]}
              change={(draft) => setOption(name, draft)}
              path={name}
              complaints={complaints}
            />
          ))}
        {mine.length > 0 && (
          <label class="field">
            <span class="label">View</span>
            <select
              class="input"
              value={String(optionDrafts.value.view ?? '')}
              onChange={(event) => setOption('view', event.currentTarget.value)}
            >
              <option value="">None</option>
              {mine.map(({ name = '', version = 1 }) => (
                <option key={`${name}@${version}`} value={`${name}@${version}`}>
                  {name} @{version}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <button type="submit" class="button primary submit" disabled={phase.value === 'starting'}>
        <Icon name="search" />
        Search {words(current.name).toLowerCase()}s
      </button>
    </form>
  );
}

/** The fields of a vertical's criteria that its example fills in. */
function usualOf(api: ApiSchema, vertical: string): readonly string[] {
  return Object.keys(api.searchByExample(vertical)?.[vertical] ?? {});
}

function setOption(name: Option, draft: Draft): void {
  optionDrafts.value = { ...optionDrafts.value, [name]: draft };
}

/** The request that the form makes. Its members come from the schema, so that only the edge can say whether they fit. */
function requestOf(api: ApiSchema, name: string): SearchRequest {
  const schema = api.named('SearchRequest').properties ?? {};
  const values = options.map((option) => [option, filledIn(api, schema[option] ?? {}, optionDrafts.value[option])]);
  return {
    [name]: filledIn(api, schema[name] ?? {}, drafts.value[name]) ?? {},
    ...Object.fromEntries(values.filter(([, value]) => value !== undefined)),
    pageSize: pageSize.value,
    ...(orderBy.value !== '' && { orderBy: orderBy.value }),
  };
}

function useSchema(): ApiSchema | undefined {
  const [api, setApi] = useState<ApiSchema>();
  useEffect(() => {
    loadSchema().then(setApi, () => undefined);
  }, []);
  return api;
}

function useViews(): readonly View[] {
  const [views, setViews] = useState<readonly View[]>([]);
  useEffect(() => {
    entrepot.call('ListViews', {}).then(
      (found) => setViews(found.views ?? []),
      () => undefined,
    );
  }, []);
  return views;
}

/** Fills the form in: with what the shown search was asked for with, and with the contracts' examples where nothing was. */
function useFilledIn(api: ApiSchema | undefined): void {
  const shown = asked.value as Readonly<Record<string, unknown>> | undefined;
  useEffect(() => {
    if (api === undefined) return;
    const schema = api.named('SearchRequest').properties ?? {};
    const filled: Record<string, Draft> = { ...drafts.value };
    for (const { name } of verticals.value) {
      filled[name] ??= movedAhead(draftOf(api, schema[name] ?? {}, api.searchByExample(name)?.[name]), daysAhead);
      if (shown?.[name] === undefined) continue;
      filled[name] = draftOf(api, schema[name] ?? {}, shown[name]);
      chosenVertical.value = name;
    }
    drafts.value = filled;
    const [first] = verticals.value;
    const example = (first && api.searchByExample(first.name)) ?? {};
    const usual: Partial<Record<Option, Draft>> = {
      market: String(example.market ?? ''),
      currency: String(example.currency ?? ''),
      ...optionDrafts.value,
    };
    for (const name of options) if (shown?.[name] !== undefined) usual[name] = String(shown[name]);
    optionDrafts.value = usual;
  }, [api, shown, verticals.value]);
}
