import { defineConfig } from 'vite';

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
