import type { Message } from "../api/types";

/** What the server says of people who come and go, and how it is said of several. */
const TEXTS: Record<string, string> = {
  "joined the channel": "joined the channel",
  "left the channel": "left the channel",
  "was added to the channel": "were added to the channel",
  "was removed from the channel": "were removed from the channel",
};

/** Of so many people all are named; of more the first ones. */
const NAMED = 3;
const FIRST = 2;

/** Whether a message only tells that somebody came or went: runs of those are shown in one row. */
export function comesOrGoes(message: Message): boolean {
  return message.kind === "system" && !message.deleted_at && message.text in TEXTS;
}

export interface RunPart {
  names: string[];
  /** Those who are not named but counted. */
  others: string[];
  text: string;
}

/** What a run says: who came, who went, in the order in which each was first said. */
export function runText(run: Message[], nameOf: (message: Message) => string): RunPart[] {
  const said = new Map<string, Map<string, string>>();
  for (const message of run) {
    const people = said.get(message.text) ?? new Map<string, string>();
    said.set(message.text, people.set(message.author.id, nameOf(message)));
  }
  return [...said].map(([text, people]) => {
    const names = [...people.values()];
    const named = names.length > NAMED ? FIRST : NAMED;
    return {
      names: names.slice(0, named),
      others: names.slice(named),
      text: names.length > 1 ? (TEXTS[text] ?? text) : text,
    };
  });
}
