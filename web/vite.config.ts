// Three pages, one folder of assets. Everything the pages load is a file under /assets/: nothing is inlined, so
// that the server can send a content security policy without 'unsafe-inline', data: or blob: scripts.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: '/',
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // hls.js alone is about half a megabyte before compression; that is known and wanted.
    chunkSizeWarningLimit: 800,
    rolldownOptions: { input: { index: 'index.html', play: 'play.html', publish: 'publish.html' } },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
