import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const KEPT = new Set(["placeholder.html", ".gitignore", ".gitkeep"]);
const COMPRESSED = /\.(html|js|css|svg|json|txt|webmanifest)$/;

/**
 * Clears the output folder but for what is committed there, preloads the text
 * font, and writes a .br and a .gz beside each asset that gains by it, so that
 * the server never compresses.
 */
export function assets(): Plugin {
  let outDir = "";
  return {
    name: "dankerchat-assets",
    apply: "build",
    configResolved({ root, build }) {
      outDir = resolve(root, build.outDir);
      mkdirSync(outDir, { recursive: true });
    },
    buildStart() {
      for (const entry of readdirSync(outDir, { withFileTypes: true })) {
        if (!KEPT.has(entry.name)) rmSync(join(outDir, entry.name), { recursive: true });
      }
    },
    transformIndexHtml(_html, { bundle }) {
      const font = Object.keys(bundle ?? {}).find((name) => /inter-latin-wght-normal.*\.woff2$/.test(name));
      if (!font) throw new Error("the text font is not in the bundle");
      const attrs = { rel: "preload", as: "font", type: "font/woff2", crossorigin: "", href: `/${font}` };
      return [{ tag: "link", attrs, injectTo: "head" }];
    },
    closeBundle() {
      for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || KEPT.has(entry.name) || !COMPRESSED.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const body = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
        const packed = { br: brotliCompressSync(body, { params }), gz: gzipSync(body, { level: 9 }) };
        for (const [suffix, bytes] of Object.entries(packed)) {
          if (bytes.length < body.length) writeFileSync(`${path}.${suffix}`, bytes);
        }
      }
    },
  };
}
