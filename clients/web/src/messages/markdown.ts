import { Lexer, type Token, Tokenizer, type Tokens } from "marked";

/**
 * The chat subset of Markdown: emphasis, code, links, lists and quotes. What is not in
 * it (markup, tables, definitions, indented code) is text, so nothing that somebody
 * writes disappears.
 */
class ChatTokenizer extends Tokenizer {
  override html(): undefined {}
  override tag(): undefined {}
  override table(): undefined {}
  override def(): undefined {}
  override code(): undefined {}
  override lheading(): undefined {}
}

const options = { gfm: true, breaks: true, tokenizer: new ChatTokenizer() };
const cache = new Map<string, Token[]>();
const CACHED = 500;

/** The tokens of a message. Rows come and go with scrolling, so the last few hundred are kept. */
export function parse(text: string): Token[] {
  const known = cache.get(text);
  if (known) return known;
  let tokens: Token[];
  try {
    tokens = new Lexer({ ...options }).lex(text);
  } catch {
    tokens = [{ type: "paragraph", raw: text, text, tokens: [{ type: "text", raw: text, text }] } as Tokens.Paragraph];
  }
  cache.set(text, tokens);
  if (cache.size > CACHED) cache.delete(cache.keys().next().value as string);
  return tokens;
}

/** The address when it is one to link to: web and mail only. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const plain = new WeakMap<Token[], string>();

/** The words of a message without marks: for announcements and labels. */
export function plainText(text: string): string {
  const tokens = parse(text);
  const known = plain.get(tokens);
  if (known !== undefined) return known;
  const words: string[] = [];
  const walk = (tokens: Token[]) => {
    for (const token of tokens) {
      if (token.type === "list") walk((token as Tokens.List).items);
      else if ("tokens" in token && token.tokens && token.tokens.length > 0) walk(token.tokens);
      else if (token.type === "br" || token.type === "space") words.push(" ");
      else if ("text" in token) words.push(token.text as string);
      if (["paragraph", "list_item", "heading", "code"].includes(token.type)) words.push(" ");
    }
  };
  walk(tokens);
  const found = words.join("").replace(/\s+/g, " ").trim();
  plain.set(tokens, found);
  return found;
}
