import { useLayoutEffect, useRef } from 'react';
import { useGraphiQL } from '@graphiql/react';

// What the response has left at least when a panel opens.
const LEAST = 280;

// A panel that opens takes its room from the response, not from the query that is being written; the response has it back when the
// panel closes, unless somebody has moved the bar between them.
export function KeepQueryWidth() {
  const open = useGraphiQL(state => Boolean(state.visiblePlugin));
  const last = useRef({ open });

  useLayoutEffect(() => {
    const { open: wasOpen, flex, set } = last.current;
    last.current = { open, flex, set };
    if (open === wasOpen) return;
    const [query, , response] = document.getElementById('graphiql-session').children;
    if (!open) {
      if (query.style.flex === set) query.style.flex = flex;
      return;
    }
    // The panel has its room with the next frame.
    const { style, offsetWidth } = query;
    last.current.flex = style.flex;
    requestAnimationFrame(() => {
      const both = query.offsetWidth + response.offsetWidth;
      const width = Math.max(Math.min(offsetWidth, both - LEAST), both / 3);
      style.flex = String(width / (both - width));
      last.current.set = style.flex;
    });
  }, [open]);
}
