import { Icon } from '../ui/icon.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { author, busy, refusal, undo } from './state.ts';

/** Why a review was not answered or an event not taken back, and the way on. */
export function RefusalNotice() {
  const found = refusal.value;
  if (found === undefined) return null;
  const { of, problem, before } = found;
  if (problem.reason !== 'CONFLICT') return <ProblemNotice problem={problem} retry={found.again} />;
  // The first answer arrived, though the edge's was lost on the way; or it was given in another tab.
  const isOwn = problem.metadata.decidedBy === author.value.trim();
  if (before.length === 0) {
    return (
      <div class="notice warn" role="alert">
        <Icon name="alert" class="tone-warn" />
        <div class="grow">
          <strong>{isOwn ? 'You have decided this already' : 'Somebody was faster'}</strong>
          <p>{sentence(problem.message)} This answer changed nothing; what stands now is shown here.</p>
        </div>
      </div>
    );
  }
  const later = before.length === 1 ? 'A later event builds' : `${before.length} later events build`;
  return (
    <div class="notice warn" role="alert">
      <Icon name="alert" class="tone-warn" />
      <div class="grow">
        <strong>{later} on it</strong>
        <p>To take this back, {before.join(', ')} has to be taken back first. Nothing was changed.</p>
        <button type="button" class="button" disabled={busy.value} onClick={() => void undo(of, before)}>
          <Icon name="undo" /> Take back all {before.length + 1}
        </button>
      </div>
    </div>
  );
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
