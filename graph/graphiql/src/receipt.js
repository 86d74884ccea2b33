import { createStore } from './store.js';

const KEY = 'kith:receipt';

// Whether requests ask for a receipt, remembered by the browser.
export const receiptWanted = createStore(localStorage.getItem(KEY) === 'on');

export function wantReceipt(on) {
  localStorage.setItem(KEY, on ? 'on' : 'off');
  receiptWanted.set(on);
}

// { operation, cost: { requested, limit }, sql: [{ path, text, rows, keys, ms }] } of the last answer, or null before the first one.
export const lastReceipt = createStore(null);
