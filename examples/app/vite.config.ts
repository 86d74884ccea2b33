import { defineConfig } from 'vite';

export default defineConfig({
  build: { target: 'es2023', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { '/graphql': process.env.KITH_URL ?? 'http://127.0.0.1:8080' } },
});
