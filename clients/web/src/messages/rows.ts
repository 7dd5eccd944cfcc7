import type { Message } from "../api/types";
import type { Outgoing, Timeline } from "../store/state";
import { dayOf } from "../ui/time";

export type Row =
  | { kind: "intro"; key: string }
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; message: Message; head: boolean }
  | { kind: "outgoing"; key: string; entry: Outgoing; head: boolean };

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
 * server the oldest one here is not shown: it only tells how the next one begins, so
 * that no row changes when older ones are put before it.
 */
export function buildRows(timeline: Timeline, outgoing: Outgoing[], newAfter: number | null, me: string): Row[] {
  const rows: Row[] = [];
  const mine = new Set<string>();
  let before: Before | null = null;
  // A line whose place is further up would be moved, and the reader with it, by what comes before.
  const first = timeline.messages[0]?.position ?? 0;
  let newLine = newAfter === null || (timeline.has_before && first > newAfter);
  if (!timeline.has_before) rows.push({ kind: "intro", key: "intro" });

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
    if (i === 0 && timeline.has_before) {
      before = { author: author.id, at, system };
      continue;
    }
    let head = line(author.id, at, system);
    if (!newLine && message.position > (newAfter as number) && !own) {
      rows.push({ kind: "new", key: "new" });
      newLine = true;
      head = !system;
    }
    rows.push({ kind: "message", key: own && id ? `own-${id}` : message.id, message, head });
  }
  for (const entry of outgoing) {
    if (mine.has(entry.client_msg_id)) continue;
    const head = line(me, entry.created_at, false);
    rows.push({ kind: "outgoing", key: `own-${entry.client_msg_id}`, entry, head });
  }
  return rows;
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
      return (row.head ? 32 : 4) + LINE * lines(row.message.text, (width - BESIDE) / CHARACTER);
    default:
      return 54;
  }
}

function lines(text: string, perLine: number): number {
  if (text.length < perLine && !text.includes("\n")) return 1;
  return text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / Math.max(10, perLine))), 0);
}
