import { useSyncExternalStore } from 'react';

// One value that both plain functions and components read; components that call use() follow its changes.
export function createStore(value) {
  const listeners = new Set();
  const subscribe = listener => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = () => value;
  return {
    get,
    set(next) {
      value = next;
      listeners.forEach(listener => listener());
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}
