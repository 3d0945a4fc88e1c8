import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** One tab. */
export interface Tab {
  readonly name: string;
  readonly title: string;
}

/** Tabs as the ARIA pattern has them: one stop for Tab, arrows go between them. */
export function Tabs(props: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly choose: (name: string) => void;
  readonly children: ComponentChildren;
}) {
  const id = useId();
  const move = (event: KeyboardEvent): void => {
    const at = props.tabs.findIndex(({ name }) => name === props.current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: props.tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : props.tabs[(to + props.tabs.length) % props.tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    props.choose(next.name);
    document.getElementById(`${id}-${next.name}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={props.label} onKeyDown={move}>
        {props.tabs.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            class="tab"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={name === props.current}
            aria-controls={`${id}-panel`}
            tabIndex={name === props.current ? 0 : -1}
            onClick={() => props.choose(name)}
          >
            {title}
          </button>
        ))}
      </div>
      <div class="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${props.current}`}>
        {props.children}
      </div>
    </>
  );
}
