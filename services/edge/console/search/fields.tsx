// Fields of a form, drawn from the schema of what they fill in.
import type { ApiSchema, Schema } from '../api/schema.ts';
import { enumWord, words } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { type Draft, exampleDraft, exampleOf, kindOf } from './draft.ts';

interface FieldProps {
  readonly api: ApiSchema;
  readonly name: string;
  readonly schema: Schema;
  readonly draft: Draft | undefined;
  readonly change: (draft: Draft) => void;
  /** Path in the request, "flight.slices[0].origin": problems name it. */
  readonly path: string;
  /** What the edge said about fields, by path. */
  readonly complaints: ReadonlyMap<string, string>;
}

/** One field, whatever it is. */
export function Field(props: FieldProps) {
  switch (kindOf(props.api, props.schema)) {
    case 'group':
      return <Group {...props} />;
    case 'groups':
      return <Groups {...props} />;
    case 'choices':
      return <Choices {...props} />;
    case 'flag':
      return <Flag {...props} />;
    default:
      return <Plain {...props} />;
  }
}

/** The fields of a message: the usual ones at once, the others behind "More". */
export function Fields(props: Omit<FieldProps, 'name'> & { readonly usual?: readonly string[] }) {
  const { api, draft, change, path, complaints } = props;
  const schema = api.resolve(props.schema);
  const members = (draft ?? {}) as { readonly [name: string]: Draft };
  const usual = props.usual ?? schema.required ?? [];
  const all = Object.entries(schema.properties ?? {}).filter(([, field]) => field.deprecated !== true);
  const first = usual.length === 0 ? all : all.filter(([name]) => usual.includes(name));
  const more = all.filter((entry) => !first.includes(entry));
  const field = ([name, one]: [string, Schema]) => (
    <Field
      key={name}
      api={api}
      name={name}
      schema={one}
      draft={members[name]}
      change={(value) => change({ ...members, [name]: value })}
      path={`${path}.${name}`}
      complaints={complaints}
    />
  );
  return (
    <>
      <div class="fields">{first.map(field)}</div>
      {more.length > 0 && (
        <details class="more" open={more.some(([name]) => isFilled(members[name]))}>
          <summary>More: {more.map(([name]) => words(name).toLowerCase()).join(', ')}</summary>
          <div class="fields">{more.map(field)}</div>
        </details>
      )}
    </>
  );
}

function isFilled(draft: Draft | undefined): boolean {
  if (draft === undefined || draft === '' || draft === false) return false;
  if (typeof draft !== 'object') return true;
  return Object.values(draft).some(isFilled);
}

function Plain({ api, name, schema, draft, change, path, complaints }: FieldProps) {
  const resolved = api.resolve(schema);
  const kind = kindOf(api, schema);
  const value = typeof draft === 'string' ? draft : '';
  const complaint = complaints.get(path);
  const shared = {
    class: 'input',
    value,
    title: resolved.description,
    'aria-invalid': complaint !== undefined,
    onInput: (event: { readonly currentTarget: HTMLInputElement | HTMLSelectElement }) =>
      change(isInCapitals(resolved) ? event.currentTarget.value.toUpperCase() : event.currentTarget.value),
  };
  const written = { ...shared, autocomplete: 'off', placeholder: String(exampleOf(resolved) ?? '') };
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: every branch below is one
    <label class={`field of-${kind}`}>
      <span class="label">{words(name)}</span>
      {kind === 'choice' ? (
        <select {...shared}>
          <option value="">Any</option>
          {offered(resolved.enum ?? []).map((one) => (
            <option key={one} value={one}>
              {enumWord(one, resolved.enum ?? [])}
            </option>
          ))}
        </select>
      ) : kind === 'date' || kind === 'moment' ? (
        <input {...shared} type={kind === 'date' ? 'date' : 'datetime-local'} />
      ) : kind === 'number' ? (
        <input
          {...written}
          type="number"
          step={resolved.type === 'integer' ? 1 : 'any'}
          min={resolved.minimum}
          max={resolved.maximum}
        />
      ) : (
        <input {...written} type="text" spellcheck={false} />
      )}
      {complaint !== undefined && <span class="complaint">{complaint}</span>}
    </label>
  );
}

/** A code in capitals is written in capitals for who types it. */
const isInCapitals = ({ pattern = '' }: Schema): boolean => /^\^\[A-Z\]\{\d\}\$$/.test(pattern);

/** What may be chosen: the value that stands for none is what "Any" is for. */
const offered = (values: readonly string[]): readonly string[] =>
  values.filter((value) => !value.endsWith('_UNSPECIFIED'));

function Flag({ name, draft, change, schema }: FieldProps) {
  return (
    <label class="field flag row" title={schema.description}>
      <input type="checkbox" checked={draft === true} onChange={(event) => change(event.currentTarget.checked)} />
      {words(name)}
    </label>
  );
}

function Choices({ api, name, schema, draft, change }: FieldProps) {
  const values = api.resolve(api.resolve(schema).items ?? {}).enum ?? [];
  const chosen = (draft ?? []) as readonly string[];
  return (
    <fieldset class="field wide">
      <legend class="label">{words(name)}</legend>
      <div class="row">
        {offered(values).map((value) => (
          <label key={value} class="row small">
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ currentTarget }) =>
                change(currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value))
              }
            />
            {enumWord(value, values)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Group(props: FieldProps) {
  return (
    <fieldset class="field wide group">
      <legend class="label">{words(props.name)}</legend>
      <Fields {...props} />
    </fieldset>
  );
}

function Groups({ api, name, schema, draft, change, path, complaints }: FieldProps) {
  const entries = (draft ?? []) as readonly Draft[];
  const items = api.resolve(schema).items ?? {};
  const singular = words(name).replace(/s$/, '');
  return (
    <fieldset class="field wide">
      <legend class="label">{words(name)}</legend>
      {entries.map((entry, index) => (
        <div class="group" key={index}>
          <Fields
            api={api}
            schema={items}
            draft={entry}
            change={(value) => change(entries.with(index, value))}
            path={`${path}[${index}]`}
            complaints={complaints}
          />
          <button
            type="button"
            class="button plain icon remove"
            aria-label={`Remove ${singular.toLowerCase()} ${index + 1}`}
            onClick={() => change(entries.toSpliced(index, 1))}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
      <button type="button" class="button plain" onClick={() => change([...entries, exampleDraft(api, items)])}>
        <Icon name="plus" />
        Add {singular.toLowerCase()}
      </button>
    </fieldset>
  );
}
