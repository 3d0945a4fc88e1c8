// Cards of whether a partner may be asked at all: breaker, budget, certificate, and what it hands over.
import type { ComponentChildren } from 'preact';
import type { HandedOver, Partner, PartnerBudget, Suspension } from '../../../../libs/client/index.ts';
import { instant, milliseconds, number, soon } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { counted, shareOf } from './mix.ts';
import { Share } from './pictures.tsx';
import { leftOf } from './rows.ts';

/** A card with a title and how it stands in a word. */
export function Card(props: {
  readonly name: string;
  readonly title: string;
  readonly icon?: IconName;
  readonly tone?: string;
  readonly word?: string;
  readonly children: ComponentChildren;
}) {
  const id = `partner-${props.name}`;
  return (
    <section class="card detail-card" aria-labelledby={id} data-card={props.name}>
      <header class="row">
        <h3 id={id} class="grow">
          {props.title}
        </h3>
        {props.word !== undefined && (
          <span class={`state tone-${props.tone ?? 'plain'}`}>
            {props.icon && <Icon name={props.icon} />}
            {props.word}
          </span>
        )}
      </header>
      {props.children}
    </section>
  );
}

/** Whether it is asked, and what has to happen until it is again. */
export function BreakerCard({ partner: { suspensions = [] } }: { readonly partner: Partner }) {
  const open = suspensions.length > 0;
  const everywhere = suspensions.some(({ market = '' }) => market === '');
  return (
    <Card
      name="breaker"
      title="Breaker"
      icon={open ? 'block' : 'check'}
      tone={everywhere ? 'bad' : open ? 'warn' : 'good'}
      word={open ? 'open' : 'closed'}
    >
      {open ? (
        suspensions.map((one) => <Open key={`${one.failure}${one.market}`} suspension={one} />)
      ) : (
        <p class="muted">
          No failures keep it from being asked. Where they repeat the breaker opens: searches then leave the partner out
          at once instead of waiting for it, but for one now and then that tries whether it is over.
        </p>
      )}
    </Card>
  );
}

function Open({ suspension }: { readonly suspension: Suspension }) {
  const { failure = '', market = '', since, failures = 0, results = 0, detail = '', retryAfterMs = 0 } = suspension;
  return (
    <div class="entry">
      <p>
        <strong>
          Open for {failure} {market === '' ? 'in all markets' : `in ${market}`}
        </strong>{' '}
        since {soon(since)}: {number(failures)} of {counted(results, 'answer')} before that were such failures.
      </p>
      {detail !== '' && <p class="muted">Seen last: {detail}</p>}
      <p class="muted">
        {retryAfterMs > 0 ? `In ${milliseconds(retryAfterMs)} one search` : 'The next search'} tries whether it is over;
        the others leave it out and are told so.
      </p>
    </div>
  );
}

/** What its account may still send. */
export function BudgetCard({ partner }: { readonly partner: Partner }) {
  const { budget } = partner;
  if (budget === undefined) {
    return (
      <Card name="budget" title="Budget" word="unlimited">
        <p class="muted">No budget is configured for its account: nothing here limits its requests.</p>
      </Card>
    );
  }
  const left = leftOf(partner);
  const short = left !== undefined && left < 0.1;
  return (
    <Card
      name="budget"
      title="Budget"
      icon={left === 0 ? 'block' : short ? 'half' : 'check'}
      tone={short ? 'warn' : 'good'}
      word={left === undefined ? 'within its pace' : left === 0 ? 'spent' : `${shareOf(left, 1)} left`}
    >
      {left !== undefined && <Share share={left} tone={short ? 'warn' : 'good'} />}
      <dl class="facts">
        <BudgetFacts budget={budget} />
      </dl>
      <p class="muted">
        {left === undefined
          ? 'All replicas share its pace. What is beyond it waits or is left out.'
          : 'As it gets short, searches that matter less are left out first, and are told that its budget is spent.'}
      </p>
      {budget.alone && (
        <p class="tone-warn">
          <Icon name="alert" /> The shared state cannot be reached: this replica spends its own share alone.
        </p>
      )}
    </Card>
  );
}

function BudgetFacts({ budget }: { readonly budget: PartnerBudget }) {
  const { perDay = 0, perSecond = 0, spentToday = 0, leftOfSecond = 0, lookToBook = 0, refused = 0 } = budget;
  return (
    <>
      {perDay > 0 && (
        <>
          <dt>Today</dt>
          <dd>
            {number(spentToday)} of {counted(perDay, 'request')} spent; the day ends {soon(budget.endsAt)} (
            {budget.timeZone})
          </dd>
        </>
      )}
      {perSecond > 0 && (
        <>
          <dt>Pace</dt>
          <dd>
            {number(perSecond)} a second; {number(leftOfSecond)} may go out now
          </dd>
        </>
      )}
      <dt>Refused</dt>
      <dd>
        {refused === 0 ? 'none by this replica' : `${counted(refused, 'request')} by this replica since it began`}
      </dd>
      {lookToBook > 0 && (
        <>
          <dt>Look to book</dt>
          <dd>{number(lookToBook)} searches a booking by its usual terms</dd>
        </>
      )}
    </>
  );
}

/** What its adapter was found to be worth. */
export function CertificationCard({ partner }: { readonly partner: Partner }) {
  const { name, certification, adapter } = partner;
  if (certification === undefined) {
    return (
      <Card name="certification" title="Certification" icon="alert" tone="warn" word="none">
        <p class="muted">
          Its adapter was never certified, which bounds its traffic share.{' '}
          <code>npx entrepot partner certify {adapter === 'remote' ? `${name} --account <its file>` : adapter}</code>{' '}
          does it.
        </p>
      </Card>
    );
  }
  const { grade = '', certifiedAt, stale, passed = 0, failed = [] } = certification;
  return (
    <Card
      name="certification"
      title="Certification"
      icon={stale ? 'alert' : 'check'}
      tone={stale ? 'warn' : 'good'}
      word={stale ? 'stale' : 'of what runs'}
    >
      <p class="row">
        <span class={`grade ${grade}`}>{grade}</span>
        <span>
          {number(passed)} of {counted(passed + failed.length, 'check')} passed
          {certifiedAt !== undefined && `, ${instant(certifiedAt)}`}
        </span>
      </p>
      {failed.length > 0 && (
        <ul class="failed-checks">
          {failed.map((check) => (
            <li key={check}>
              <Icon name="cross" class="tone-bad" /> <span>{check}</span>
            </li>
          ))}
        </ul>
      )}
      {stale && (
        <p class="muted">
          The adapter has changed since. <code>npx entrepot partner certify {adapter}</code> certifies what it is now.
        </p>
      )}
    </Card>
  );
}

/** What it handed over, where it is not asked. */
export function HandedOverCard({ handedOver }: { readonly handedOver: HandedOver }) {
  const { transport = '', rows = 0, receivedAt, changedAt, unreadable = 0, failedAt, failure = '' } = handedOver;
  const failed = failedAt !== undefined;
  return (
    <Card
      name="inventory"
      title="Inventory"
      icon={failed ? 'alert' : 'check'}
      tone={failed ? 'warn' : 'good'}
      word={failed ? 'last one refused' : `by ${transport}`}
    >
      <p class="muted">It is not asked: it hands its inventory over, and searches look into that.</p>
      <dl class="facts">
        <dt>Rows</dt>
        <dd>
          {number(rows)} to be found{unreadable > 0 && `, ${number(unreadable)} could not be read`}
        </dd>
        <dt>Came last</dt>
        <dd>{receivedAt === undefined ? 'nothing yet' : instant(receivedAt)}</dd>
        <dt>Changed last</dt>
        <dd>{changedAt === undefined ? 'never yet' : instant(changedAt)}</dd>
        {failed && (
          <>
            <dt>Refused</dt>
            <dd>
              {instant(failedAt)}: {failure}
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}
