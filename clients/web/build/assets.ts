import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const KEPT = new Set(["placeholder.html", ".gitignore", ".gitkeep"]);
const COMPRESSED = /\.(html|js|css|svg|json|txt|webmanifest)$/;

/** Where the app begins: until then an invisible icon stands there, which has the browser fetch them all. */
const ROOT = '<div id="root">';

/**
 * Clears the output folder but for what is committed there, has the text font and the
 * icons fetched beside the script, and writes a .br and a .gz beside each asset that
 * gains by it, so that the server never compresses.
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
    transformIndexHtml(html, { bundle }) {
      const address = (what: RegExp) => {
        const file = Object.keys(bundle ?? {}).find((name) => what.test(name));
        if (!file) throw new Error(`nothing like ${what} is in the bundle`);
        return `/${file}`;
      };
      const font = address(/inter-latin-wght-normal.*\.woff2$/);
      const icons = address(/icons\.gen.*\.svg$/);
      return html
        .replace("</head>", `  <link rel="preload" as="font" type="font/woff2" crossorigin href="${font}">\n  </head>`)
        .replace(ROOT, `${ROOT}<svg width="0" height="0" aria-hidden="true"><use href="${icons}#x"/></svg>`);
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
