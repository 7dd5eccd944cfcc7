import type { Plugin } from "vite";

/**
 * Leaves of marked what the app uses: how it reads Markdown, not how it would write
 * HTML. The package is one file that ends with its default instance, which no bundler
 * can prove to be of no use. Another version of it that looks different fails the build.
 */
export function lexerOnly(): Plugin {
  return {
    name: "dankerchat-lexer",
    transform: {
      filter: { id: /node_modules\/marked\/lib\/marked\.esm\.js$/ },
      handler(code) {
        const end = /var \w+=new \w+;function \w+\(\w+,\w+\)\{return \w+\.parse\(\w+,\w+\)\}.*export\{(.*)\};/s.exec(
          code,
        );
        const kept = end?.[1]?.split(",").filter((name) => / as (Lexer|Tokenizer)$/.test(name));
        if (!end || kept?.length !== 2) throw new Error("marked is not laid out as build/lexer.ts knows it");
        return { code: `${code.slice(0, end.index)}export{${kept}};`, map: { mappings: "" } };
      },
    },
  };
}
