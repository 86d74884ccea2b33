import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// The docs list and search the types of the schema alone; with this its directives too.
const directivesInDocs = {
  name: 'directives-in-docs',
  transform(code, id) {
    if (!/plugin-doc-explorer\/dist\/components\/(search|schema-documentation)\.js$/.test(id)) return null;
    if (!code.includes('schema.getTypeMap()')) throw new Error(`${id} takes the types from elsewhere`);
    const source = fileURLToPath(new URL('src/directives.js', import.meta.url));
    return `import { typesAndDirectives } from ${JSON.stringify(source)};\n${code.replace('schema.getTypeMap()', 'typesAndDirectives(schema)')}`;
  },
};

const rolldownOptions = {
  output: { hashCharacters: 'hex' },
  onwarn(warning, warn) {
    // "use client" and the like mean nothing in a bundle.
    if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
  },
};

export default defineConfig({
  base: '/graphiql/',
  publicDir: false,
  plugins: [directivesInDocs],
  build: {
    target: 'es2022',
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: Infinity,
    reportCompressedSize: false,
    // GraphiQL makes the names of its icons, which screen readers say, from the names of functions.
    rolldownOptions: { ...rolldownOptions, output: { hashCharacters: 'hex', keepNames: true } },
  },
  worker: { format: 'es', rolldownOptions },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8080' } },
});
