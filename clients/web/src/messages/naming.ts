/** What names all participants. */
export const EVERYBODY = new Set(["all", "channel", "here", "everyone"]);

export interface Named {
  /** Where the @ stands. */
  at: number;
  /** Where the name ends. */
  to: number;
  /** The user name, or a word of EVERYBODY. */
  name: string;
}

/** What may stand in a user name; the server's parser knows the same (messaging/mention.go). */
const NAME = /@([\p{L}\p{M}\d._-]+)/gu;
const INSIDE = /[\p{L}\p{Nd}@\\/.+\-=]/u;

/** User names are compared in this form: case, width and composition don't matter. */
export const nameKey = (name: string) => name.normalize("NFKC").toLowerCase().normalize("NFC");

/** What ends a sentence or an emphasis rather than a name: "@ann." means ann, unless there is an "ann.". */
const trimmed = (name: string) => name.replace(/[._-]+$/, "");

/** Whom plain text without code names, in order; `known` tells whether a user name is somebody's. */
export function namesIn(text: string, known: (name: string) => boolean): Named[] {
  const found: Named[] = [];
  for (const match of text.matchAll(NAME)) {
    const at = match.index;
    const written = match[1] as string;
    const before = text.slice(at - 1, at);
    if (INSIDE.test(before) && !(at === 1 && /[-.]/.test(before))) continue;
    if (text[at + 1 + written.length] === "@") continue;
    const short = trimmed(written);
    if ([...short].length < 2) continue;
    const name = [written, short].find((n) => EVERYBODY.has(trimmed(nameKey(n))) || known(nameKey(n)));
    if (name === undefined) continue;
    const everybody = EVERYBODY.has(nameKey(short));
    found.push({ at, to: at + 1 + (everybody ? short : name).length, name: nameKey(everybody ? short : name) });
  }
  return found;
}
