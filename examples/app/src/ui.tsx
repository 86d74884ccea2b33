// What all pages are made of.
import { useEffect, useId, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Fault } from './kith/session';
import type { PersonFragment } from './queries.generated';

// A page takes the focus when it is gone to, so that screen readers say where one is, and begins at its top unless one went back.
let back = false;
addEventListener('popstate', () => (back = true));
let first = true;

export function Page({ title, children, aside, focus = true }: { title: string; children: ReactNode; aside?: ReactNode; focus?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · kith`;
  }, [title]);
  useEffect(() => {
    if (!back && !first) scrollTo(0, 0);
    if (focus && !first) heading.current?.focus({ preventScroll: true });
    back = first = false;
  }, []);
  return (
    <main id="main">
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </header>
      {children}
    </main>
  );
}

export function Avatar({ name }: { name: string }) {
  return (
    <span className="avatar" aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  );
}

export function PersonLink({ person }: { person: PersonFragment }) {
  return (
    <Link href={`/people/${encodeURIComponent(person.username)}`} className="person">
      <Avatar name={person.name} />
      <span>{person.name}</span>
    </Link>
  );
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function Time({ at }: { at: string }) {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', Infinity];
  return (
    <time dateTime={at} title={new Date(at).toLocaleString('en')}>
      {size === Infinity ? 'just now' : relative.format(Math.round(seconds / size), unit)}
    </time>
  );
}

export function Problem({ error, again }: { error: Error; again?: () => void }) {
  const text = error instanceof TypeError ? 'The server cannot be reached. Is the connection all right?' : error.message;
  return (
    <div className="problem" role="alert">
      <p>{text}</p>
      {again && <button onClick={() => again()}>Try again</button>}
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className="empty">{children}</div>;
}

// What is to come, of about its size.
export function Skeleton({ count = 4, tall = true }: { count?: number; tall?: boolean }) {
  return (
    <div aria-busy="true">
      <span className="unseen" role="status">
        Loading
      </span>
      {Array.from({ length: count }, (_, i) => (
        <div key={i} className={tall ? 'card skeleton tall' : 'card skeleton'} aria-hidden="true">
          <i />
          <i />
          {tall && <i />}
        </div>
      ))}
    </div>
  );
}

// The end of a list that has more: it is asked for when one comes near, or by the button.
export function More({ more }: { more: () => Promise<unknown> }) {
  const button = useRef<HTMLButtonElement>(null);
  const [state, setState] = useState<'idle' | 'busy' | Error>('idle');
  const load = () => {
    setState('busy');
    more().then(() => setState('idle'), setState);
  };
  useEffect(() => {
    if (state !== 'idle') return;
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), { rootMargin: '600px' });
    watcher.observe(button.current!);
    return () => watcher.disconnect();
  });
  if (state instanceof Error) return <Problem error={state} again={load} />;
  return (
    <button ref={button} className="more" disabled={state === 'busy'} onClick={load}>
      {state === 'busy' ? 'Loading…' : 'Show more'}
    </button>
  );
}

// What is wrong with the input of that name, as kith says it.
export function faultOf(faults: Fault[], name: string): string | undefined {
  return faults.find(fault => fault.field?.includes(name))?.message;
}

type FieldProps = { label: string; fault?: string; hint?: string; children: (props: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode };

export function Field({ label, fault, hint, children }: FieldProps) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, ...(note && { 'aria-describedby': `${id}-note` }), ...(fault && { 'aria-invalid': true as const }) })}
      {note && (
        <p id={`${id}-note`} className={fault ? 'fault' : 'hint'} role={fault && 'alert'}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Dialog({ title, children, close }: { title: string; children: ReactNode; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close} onClick={event => event.target === dialog.current && close()}>
      <div className="dialog">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

// A short word about what was done, for eyes and screen readers.
let said = '';
let silence: ReturnType<typeof setTimeout>;
const hearers = new Set<() => void>();

export function say(text: string) {
  said = text;
  hearers.forEach(hear => hear());
  clearTimeout(silence);
  if (text) silence = setTimeout(say, 6000, '');
}

export function Said() {
  const text = useSyncExternalStore(hear => (hearers.add(hear), () => hearers.delete(hear)), () => said);
  return (
    <div className="said" role="status">
      {text && <p>{text}</p>}
    </div>
  );
}

const THEME = 'kith-theme';
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

export function restoreTheme() {
  const kept = localStorage.getItem(THEME);
  if (kept) document.documentElement.dataset.theme = kept;
}

export function ThemeSwitch() {
  const [isDark, setDark] = useState(dark);
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(dark());
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, []);
  const turn = () => {
    localStorage.setItem(THEME, (document.documentElement.dataset.theme = isDark ? 'light' : 'dark'));
    setDark(!isDark);
  };
  return (
    <button className="quiet icon" role="switch" aria-checked={isDark} aria-label="Dark colours" title={isDark ? 'Light colours' : 'Dark colours'} onClick={turn}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {isDark ? <path d="M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5Z" /> : <path d="M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.8 1.8M17.2 17.2 19 19M5 19l1.8-1.8M17.2 6.8 19 5" />}
      </svg>
    </button>
  );
}
