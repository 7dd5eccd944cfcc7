import type { ClientRequest } from "node:http";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { assets } from "./build/assets.ts";
import { lexerOnly } from "./build/lexer.ts";

const outDir = fileURLToPath(new URL("../../server/web/dist", import.meta.url));
const server = process.env.DANKERCHAT_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), lexerOnly(), assets()],
  build: {
    outDir,
    emptyOutDir: false, // assets() clears it and spares the placeholder
    manifest: true,
    // The last two versions of Chrome, Edge, Firefox and Safari.
    target: ["chrome155", "edge155", "firefox150", "safari26"],
    assetsInlineLimit: 0,
    // All of it is 9 KB; and a part's own style that could not be fetched once would never be asked for again.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  css: { modules: { localsConvention: "camelCaseOnly" as const } },
  server: {
    proxy: {
      "/api": {
        target: server,
        ws: true,
        changeOrigin: true,
        // The server takes writes and sockets from its own pages: those of the dev server are.
        configure: (proxy) => {
          for (const event of ["proxyReq", "proxyReqWs"] as const)
            proxy.on(event, (request: ClientRequest) => {
              if (request.hasHeader("origin")) request.setHeader("origin", server);
            });
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    css: { modules: { classNameStrategy: "non-scoped" as const } },
    setupFiles: ["./test/setup.ts"],
    server: { deps: { inline: ["marked"] } }, // what build/lexer.ts leaves of it
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Two cores are shared with everything else that runs.
    maxWorkers: 2,
  },
});
