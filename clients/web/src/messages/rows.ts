import type { Message } from "../api/types";
import type { Outgoing, Timeline } from "../store/state";
import { dayOf } from "../ui/time";
import { comesOrGoes } from "./runs";

export type Row =
  | { kind: "intro"; key: string }
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string }
  /** A `run` is two or more that came and went; `message` is its first. `folded` is known of muted people's alone. */
  | { kind: "message"; key: string; message: Message; head: boolean; run?: Message[]; folded?: boolean }
  | { kind: "outgoing"; key: string; entry: Outgoing; head: boolean };

/** Which messages are folded: those of muted people, but for the ones that the reader has unfolded. */
export interface Folding {
  muted: Record<string, unknown>;
  unfolded: ReadonlySet<string>;
}

const NOTHING: Folding = { muted: {}, unfolded: new Set() };

/** Messages of one author within this time stand under one name. */
const GROUP = 5 * 60_000;

interface Before {
  author: string;
  at: string;
  system: boolean;
}

/**
 * The rows of a timeline: messages, the lines between days, the line before what is
 * new, and at the end what is on its way. While there are older messages on the
 * server the oldest one here is not shown, nor is a run that it belongs to: it only
 * tells how the next one begins, so that no row changes when older ones are put before it.
 */
export function buildRows(
  timeline: Timeline,
  outgoing: Outgoing[],
  newAfter: number | null,
  me: string,
  folding: Folding = NOTHING,
): Row[] {
  const rows: Row[] = [];
  const mine = new Set<string>();
  let before: Before | null = null;
  // A line whose place is further up would be moved, and the reader with it, by what comes before.
  const first = timeline.messages[0]?.position ?? 0;
  let newLine = newAfter === null || (timeline.has_before && first > newAfter);
  if (!timeline.has_before) rows.push({ kind: "intro", key: "intro" });
  /** The messages of the run that the last row may become; those of a run that has begun further up. */
  let run: Message[] = [];
  let cut: Message[] = [];

  const line = (author: string, at: string, system: boolean): boolean => {
    const newDay = !before || dayOf(before.at) !== dayOf(at);
    if (newDay) rows.push({ kind: "day", key: `day-${dayOf(at)}`, at });
    const head =
      newDay || !before || before.system || before.author !== author || Date.parse(at) - Date.parse(before.at) > GROUP;
    before = { author, at, system };
    return head && !system;
  };

  for (const [i, message] of timeline.messages.entries()) {
    const { author, created_at: at, client_msg_id: id } = message;
    const system = message.kind === "system";
    const own = author.id === me;
    if (own && id) mine.add(id);
    const moves = comesOrGoes(message);
    if (i === 0 && timeline.has_before) {
      before = { author: author.id, at, system };
      if (moves) cut = [message];
      continue;
    }
    const lines = rows.length;
    let head = line(author.id, at, system);
    // Any of them may be opened alone, so each says whose it is.
    const muted = author.id in folding.muted && !system;
    head ||= muted;
    if (!newLine && message.position > (newAfter as number) && !own && !system && !muted) {
      rows.push({ kind: "new", key: "new" });
      newLine = true;
      head = true;
    }
    const goesOn = moves && rows.length === lines;
    if (goesOn && cut.length > 0 && rows.length === 0) {
      cut.push(message);
      continue;
    }
    const last = rows.at(-1);
    if (goesOn && run.length > 0 && last?.kind === "message") {
      run.push(message);
      last.run = run;
      continue;
    }
    run = moves ? [message] : [];
    const folded = muted ? !message.deleted_at && !folding.unfolded.has(message.id) : undefined;
    rows.push({ kind: "message", key: own && id ? `own-${id}` : message.id, message, head, folded });
  }
  // Nothing but a run whose beginning is not here: better what is known of it than nothing.
  const [, known, ...more] = cut;
  if (known && rows.length === 0)
    rows.push({
      kind: "message",
      key: known.id,
      message: known,
      head: false,
      run: more.length ? [known, ...more] : undefined,
    });
  for (const entry of outgoing) {
    if (mine.has(entry.client_msg_id)) continue;
    const head = line(me, entry.created_at, false);
    rows.push({ kind: "outgoing", key: `own-${entry.client_msg_id}`, entry, head });
  }
  return rows;
}

/** Whether a row shows a message: as its own, or in a run. */
export function shows(row: Row, message: string): boolean {
  return row.kind === "message" && (row.run ?? [row.message]).some((m) => m.id === message);
}

/** A first guess of a row's height, before it is measured: what stands beside the text, and the width of a character. */
const BESIDE = 88;
const CHARACTER = 7.4;
const LINE = 22;

export function estimateRow(row: Row | undefined, width: number): number {
  switch (row?.kind) {
    case "intro":
      return 208;
    case "day":
      return 44;
    case "new":
      return 28;
    case "message":
      if (row.folded) return 32;
      return (row.head ? 32 : 4) + LINE * lines(row.message.text, (width - BESIDE) / CHARACTER);
    default:
      return 54;
  }
}

function lines(text: string, perLine: number): number {
  if (text.length < perLine && !text.includes("\n")) return 1;
  return text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / Math.max(10, perLine))), 0);
}
