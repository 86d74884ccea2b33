// What the response has left at least when a panel opens.
const LEAST = 280;

let before, set;

// A panel that opens takes its room from the response, not from the query that is being written; the response has it back when the
// panel closes, unless somebody has moved the bar between them. This is called just before, with the panel, or null if one closes.
export function keepQueryWidth(panel) {
  const session = document.getElementById('graphiql-session');
  if (!session) return; // a panel that was open is open again, before there is a page
  const [query, , response] = session.children;
  const { style, offsetWidth } = query;
  if (!panel) {
    if (style.flex === set) style.flex = before;
  } else if (!document.querySelector('.graphiql-sidebar button.active')) {
    before = style.flex;
    requestAnimationFrame(() => {
      const both = query.offsetWidth + response.offsetWidth;
      const width = Math.max(Math.min(offsetWidth, both - LEAST), both / 3);
      style.flex = String(width / (both - width));
      set = style.flex;
    });
  }
}
