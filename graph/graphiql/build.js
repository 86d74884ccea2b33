// Builds the page and writes it to dist/, every file gzipped and only so. The compressor comes from the lock file, not from
// Node, so that the same source gives the same bytes everywhere.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzip } from 'pako';
import { build } from 'vite';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

// The licences of the packages in the bundle, one after another.
function licences(modules) {
  const packages = new Set();
  for (const id of modules) {
    const [path, name] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id) ?? [];
    if (path) packages.add(`${name}\n${path}`);
  }
  return [...packages].sort().map(entry => {
    const [name, path] = entry.split('\n');
    const { version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const texts = readdirSync(path).filter(file => /^licen[cs]e/i.test(file)).sort();
    const text = texts.map(file => readFileSync(join(path, file), 'utf8').trim()).join('\n\n');
    return `${name} ${version} (${license})\n\n${text}\n`;
  }).join(`\n${'-'.repeat(78)}\n\n`);
}

const modules = [];
const collect = () => ({
  name: 'collect-modules',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) modules.push(...(file.moduleIds ?? []));
  },
});

const { output } = await build({
  root,
  logLevel: 'warn',
  build: { write: false },
  plugins: [collect()],
  worker: { plugins: () => [collect()] },
});

const files = new Map(output.map(file => [file.fileName, file.code ?? file.source]));
files.set('licences.txt', licences(modules));

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
let total = 0;
for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const packed = gzip(content, { level: 9 });
  writeFileSync(join(dist, `${name}.gz`), packed);
  total += packed.length;
  console.log(`${String(packed.length).padStart(9)}  ${name}`);
}
console.log(`${String(total).padStart(9)}  bytes compressed`);
