import { useEffect, useRef, useState } from "react";
import type { Message } from "../api/types";
import { get } from "../store/store";
import { onAnnounce } from "../ui/announce";
import { plainText } from "./markdown";

const GATHER = 2000;
const SINGLY = 3;

/**
 * Speaks the new messages of the open conversation. The timeline itself is silent: a
 * list that is virtualised would speak whenever it is scrolled.
 */
export function Announcer({ conversation }: { conversation: string }) {
  const [text, setText] = useState("");
  const queue = useRef<Message[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const speak = () => {
      timer = undefined;
      setText(spoken(queue.current.splice(0)));
    };
    const stop = onAnnounce((message) => {
      if (message.conversation_id !== conversation || message.author.id === get().me?.id) return;
      queue.current.push(message);
      timer ??= setTimeout(speak, queue.current.length === 1 ? 100 : GATHER);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [conversation]);
  return (
    <div className="visually-hidden" aria-live="polite">
      {text}
    </div>
  );
}

export function spoken(messages: Message[]): string {
  if (messages.length <= SINGLY) {
    return messages.map((m) => `${m.author.display_name || "DankerChat"}: ${plainText(m.text)}`).join(". ");
  }
  const people = new Set(messages.map((m) => m.author.id)).size;
  return `${messages.length} new messages from ${people} ${people === 1 ? "person" : "people"}`;
}
