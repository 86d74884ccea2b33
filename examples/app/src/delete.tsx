import { useEffect, useState } from 'react';
import type { CascadeAction } from './queries.generated';
import { Dialog, Problem } from './ui';

type Preview = { cascade: { type: string; action: CascadeAction; count: number }[]; userErrors: { message: string }[] };

const things: Record<string, [one: string, many: string]> = {
  Post: ['post', 'posts'],
  Profile: ['profile', 'profiles'],
  Address: ['e-mail address', 'e-mail addresses'],
  'Post.tags': ['tag of a post', 'tags of posts'],
};
const actions: Record<CascadeAction, string> = { DELETED: 'deleted with it', DETACHED: 'kept without an owner', UNLINKED: 'unlinked and kept' };

// Asks before something is deleted, and says what goes along: kith deletes it for trial, under @dryRun, and tells.
export function Delete({ title, preview, confirm, close }: { title: string; preview: () => Promise<Preview>; confirm: () => void; close: () => void }) {
  const [told, setTold] = useState<Preview | Error>();
  useEffect(() => void preview().then(setTold, setTold), []);
  const fault = told && 'userErrors' in told ? told.userErrors[0] : undefined;
  return (
    <Dialog title={title} close={close}>
      {!told && <p className="meta">Looking at what goes along…</p>}
      {told instanceof Error && <Problem error={told} />}
      {fault && <p className="fault">{fault.message}</p>}
      {told && 'cascade' in told && (
        <>
          <p>This cannot be undone.{told.cascade.length > 0 && ' What goes along:'}</p>
          <ul className="cascade">
            {told.cascade.map(({ type, action, count }) => (
              <li key={type + action}>
                {count} {things[type]?.[count === 1 ? 0 : 1] ?? type}: {actions[action]}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="actions">
        <button autoFocus onClick={close}>
          Cancel
        </button>
        <button className="danger" disabled={!told || told instanceof Error || !!fault} onClick={confirm}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
