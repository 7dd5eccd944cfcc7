import type { Token, Tokens } from "marked";
import { createElement, Fragment, memo, type ReactNode } from "react";
import { Link } from "wouter";
import { useStore } from "../store/store";
import styles from "./Markdown.module.css";
import { parse, safeHref } from "./markdown";

/** A message's text as elements. No HTML is ever made of a string. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <div className={styles.text}>{blocks(parse(text))}</div>;
});

function blocks(tokens: Token[]): ReactNode {
  return together(tokens.map(block));
}

/** Parts of one text never change places, so they need no keys. */
const together = (parts: ReactNode[]): ReactNode => createElement(Fragment, null, ...parts);

function block(token: Token): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "code":
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case "heading":
      return (
        <p>
          <strong>{inline(token.tokens)}</strong>
        </p>
      );
    case "hr":
      return <hr />;
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case "list":
      return list(token as Tokens.List);
    case "text":
      return inline("tokens" in token && token.tokens ? token.tokens : [token]);
    default:
      return <p>{"tokens" in token && token.tokens ? inline(token.tokens) : token.raw}</p>;
  }
}

function list(token: Tokens.List): ReactNode {
  const items = together(token.items.map((item) => createElement("li", null, blocks(item.tokens))));
  return token.ordered ? (
    <ol start={token.start === 1 ? undefined : Number(token.start)}>{items}</ol>
  ) : (
    <ul>{items}</ul>
  );
}

function inline(tokens: Token[] | undefined): ReactNode {
  return tokens && together(tokens.map(span));
}

function span(token: Token): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return link(token.href, inline(token.tokens), token.raw);
    case "image":
      return link(token.href, token.text || token.href, token.raw);
    case "text":
      return "tokens" in token && token.tokens ? inline(token.tokens) : <Words text={token.text} />;
    default:
      return "text" in token ? token.text : token.raw;
  }
}

function link(address: string, content: ReactNode, raw: string): ReactNode {
  const href = safeHref(address);
  if (!href) return raw;
  if (href.startsWith(`${location.origin}/`)) return <Link href={href.slice(location.origin.length)}>{content}</Link>;
  return (
    <a href={trimmed(href, address)} target="_blank" rel="noopener noreferrer nofollow">
      {content}
    </a>
  );
}

/** The address as written: a bare host stays without the slash that the URL parser adds. */
const trimmed = (href: string, written: string) => (href === `${written}/` ? written : href);

const MENTION = /(^|[^\w@])@([a-z0-9][a-z0-9._-]*)/gi;
const EVERYBODY = new Set(["all", "channel", "here", "everyone"]);

/** Plain words with the mentions of people who exist. */
function Words({ text }: { text: string }) {
  if (!text.includes("@")) return text;
  return <Mentions text={text} />;
}

function Mentions({ text }: { text: string }) {
  const users = useStore((s) => s.users);
  const me = useStore((s) => s.me?.username);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(MENTION)) {
    const written = match[2] as string;
    const name = mentioned(written.toLowerCase(), users);
    if (!name) continue;
    const at = match.index + (match[1] as string).length;
    const to = at + 1 + name.length;
    const mine = name === me || EVERYBODY.has(name);
    parts.push(
      text.slice(from, at),
      <span key={at} className={mine ? `${styles.mention} ${styles.mentionMe}` : styles.mention}>
        {text.slice(at, to)}
      </span>,
    );
    from = to;
  }
  return [...parts, text.slice(from)];
}

const namesOf = new WeakMap<object, Set<string>>();

function usernames(users: Record<string, { username: string }>): Set<string> {
  const known = namesOf.get(users);
  if (known) return known;
  const names = new Set(Object.values(users).map((u) => u.username));
  namesOf.set(users, names);
  return names;
}

/** The user name at the start of what was written: a full stop after it is not part of it. */
function mentioned(written: string, users: Record<string, { username: string }>): string | null {
  const names = usernames(users);
  for (let name = written; name; name = name.slice(0, -1)) {
    if (EVERYBODY.has(name) || names.has(name)) return name;
    if (!/[._-]$/.test(name)) return null;
  }
  return null;
}
