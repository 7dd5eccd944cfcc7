import type { Token, Tokens } from "marked";
import { createContext, createElement, Fragment, memo, type ReactNode, useContext, useMemo } from "react";
import { Link } from "wouter";
import type { User } from "../api/types";
import { useStore } from "../store/store";
import styles from "./Markdown.module.css";
import { parse, safeHref } from "./markdown";
import { EVERYBODY, namesIn } from "./naming";

interface Props {
  text: string;
  /** Ids of those whom the text names, as the server found them. */
  mentions?: string[];
}

/** A message's text as elements. No HTML is ever made of a string. */
export const Markdown = memo(function Markdown({ text, mentions }: Props) {
  return (
    <Meant value={mentions ?? null}>
      <div className={styles.text}>{blocks(parse(text))}</div>
    </Meant>
  );
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

/** Plain words with the mentions of people who exist. */
function Words({ text }: { text: string }) {
  if (!text.includes("@")) return text;
  return <Mentions text={text} />;
}

/** Whom the server took the text to name; null while it has not seen it. */
const Meant = createContext<string[] | null>(null);

function Mentions({ text }: { text: string }) {
  const meant = useContext(Meant);
  const users = useStore((s) => s.users);
  const me = useStore((s) => s.me?.id);
  const people = useMemo(() => names(users, meant), [users, meant]);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const { at, to, name } of namesIn(text, (n) => people.has(n))) {
    const mine = EVERYBODY.has(name) || people.get(name)?.id === me;
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

/** Who bears or bore which name: of those whom the message means, so that a name never comes to mean another. */
function names(users: Record<string, User>, meant: string[] | null): Map<string, User> {
  const people = (meant ?? Object.keys(users)).flatMap((id) => users[id] ?? []);
  const found = new Map<string, User>();
  for (const user of people) for (const name of user.former_names ?? []) found.set(name, user);
  for (const user of people) found.set(user.username, user);
  return found;
}
