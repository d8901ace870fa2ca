/** How the page is built, and how it is served while working on it (`npx vite web` beside a running Hatchway). */
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where the development server finds the console's API. */
const consoleOrigin = process.env.HATCHWAY_ORIGIN ?? 'http://127.0.0.1:8022';

/** The page speaks English; React Aria brings its few words in 34 languages, a tenth of the first page's bytes. */
function englishOnly(): Plugin {
  const otherLanguage = /\/intl\/(?:[a-z]+\/)?(?!en-US)[a-z]{2}-[A-Z]{2}\.mjs$/;
  return {
    name: 'hatchway:english-only',
    enforce: 'pre',
    load: {
      filter: { id: otherLanguage },
      handler: () => "export { default } from './en-US.mjs';",
    },
  };
}

export default defineConfig({
  plugins: [react(), englishOnly()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Its polyfill is for browsers older than anything that runs this page.
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: consoleOrigin, ws: true } } },
});
