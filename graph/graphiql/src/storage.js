// The browser's storage behind a prefix: what another GraphiQL left on the same origin (often localhost:8080) is not ours. What is
// stored goes through a filter, which may read what is there.
export function namespaced(prefix, filter) {
  const keys = () => Object.keys(localStorage).filter(key => key.startsWith(prefix));
  const getItem = key => localStorage.getItem(prefix + key);
  return {
    getItem,
    setItem: (key, value) => localStorage.setItem(prefix + key, filter(key, value, getItem)),
    removeItem: key => localStorage.removeItem(prefix + key),
    clear: () => keys().forEach(key => localStorage.removeItem(key)),
    get length() {
      return keys().length;
    },
  };
}
