import { lastReceipt, receiptWanted, wantReceipt } from './receipt.js';

const number = new Intl.NumberFormat('en');
const milliseconds = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const joined = path => (Array.isArray(path) ? path.join('.') : path);

function Statements({ sql }) {
  const total = sql.reduce((sum, statement) => sum + statement.ms, 0);
  return (
    <>
      <p>
        {sql.length} {sql.length === 1 ? 'statement' : 'statements'}, {milliseconds.format(total)} ms
      </p>
      <table aria-label="Statements">
        <thead>
          <tr>
            <th scope="col">Path</th>
            <th scope="col">Keys</th>
            <th scope="col">Rows</th>
            <th scope="col">ms</th>
          </tr>
        </thead>
        {sql.map(({ path, text, keys, rows, ms }, index) => (
          <tbody key={index}>
            <tr>
              <th scope="rowgroup">{joined(path)}</th>
              <td>{keys}</td>
              <td>{rows}</td>
              <td>{milliseconds.format(ms)}</td>
            </tr>
            <tr>
              <td colSpan={4}>
                <code>{text}</code>
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </>
  );
}

function Receipt({ receipt }) {
  if (!receipt) return <p>Run an operation to see what it costs.</p>;
  const { operation, cost, sql } = receipt;
  if (!cost && !sql) return <p>The last answer has no receipt.</p>;
  return (
    <>
      <h3>{operation || 'Last answer'}</h3>
      {cost && (
        <p>
          Cost: {number.format(cost.requested)} of {number.format(cost.limit)}
        </p>
      )}
      {sql ? <Statements sql={sql} /> : <p>This server keeps its statements to itself.</p>}
    </>
  );
}

function ReceiptPanel() {
  const wanted = receiptWanted.use();
  const receipt = lastReceipt.use();
  return (
    <section className="kith-panel" aria-label="Receipt">
      <h2>Receipt</h2>
      <label className="kith-check">
        <input type="checkbox" checked={wanted} onChange={event => wantReceipt(event.target.checked)} />
        Ask for a receipt
      </label>
      <p>Sends X-Receipt: 1 with each request; the answer then says its cost and the SQL statements behind it.</p>
      <div aria-live="polite">
        <Receipt receipt={receipt} />
      </div>
    </section>
  );
}

function ReceiptIcon(props) {
  const wanted = receiptWanted.use();
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" {...props}>
      <path
        d="M5 3v18l2.3-1.6L9.7 21l2.3-1.6 2.3 1.6 2.4-1.6L19 21V3l-2.3 1.6L14.3 3 12 4.6 9.7 3 7.3 4.6z"
        fill={wanted ? 'currentColor' : 'none'}
        fillOpacity=".25"
      />
      <path d="M8.5 9h7M8.5 12h7M8.5 15h4" />
    </svg>
  );
}

export const RECEIPT_PLUGIN = { title: 'Receipt', icon: ReceiptIcon, content: ReceiptPanel };
