import { useEffect, useRef } from 'react';
import { explorerPlugin } from '@graphiql/plugin-explorer';

const TITLE = 'Query builder';
const { icon, content: Explorer } = explorerPlugin({ title: TITLE });

// While it opens, the explorer puts the cursor into each argument that the query has, which scrolls away from where the query begins.
const OPENING = 500;

function Builder() {
  const section = useRef(null);
  useEffect(() => {
    const element = section.current;
    const begin = () => {
      if (element.contains(document.activeElement)) document.activeElement.blur();
      element.parentElement.scrollTop = 0;
    };
    begin();
    element.addEventListener('focusin', begin);
    const opened = setTimeout(() => element.removeEventListener('focusin', begin), OPENING);
    return () => clearTimeout(opened);
  }, []);
  return (
    <section className="kith-builder" aria-label={TITLE} ref={section}>
      <Explorer />
    </section>
  );
}

export const BUILDER_PLUGIN = { title: TITLE, icon, content: Builder };
