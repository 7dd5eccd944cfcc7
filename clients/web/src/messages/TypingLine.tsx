import { useEffect, useState } from "react";
import { useStore, useTyping } from "../store/store";

/** Who is typing, for as long as there are signs of it. */
export function TypingLine({ conversation }: { conversation: string }) {
  const typing = useTyping(conversation);
  const users = useStore((s) => s.users);
  const [now, setNow] = useState(Date.now);
  const next = Math.min(...Object.values(typing).filter((until) => until > now));

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sign of typing is a reason to look at the clock.
  useEffect(() => setNow(Date.now()), [typing]);
  useEffect(() => {
    if (!Number.isFinite(next)) return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, next - Date.now()) + 10);
    return () => clearTimeout(timer);
  }, [next]);

  const names = Object.keys(typing)
    .filter((id) => (typing[id] ?? 0) > now)
    .map((id) => users[id]?.display_name ?? "Somebody");
  return <span data-typing>{typingText(names)}</span>;
}

export function typingText(names: string[]): string {
  switch (names.length) {
    case 0:
      return "";
    case 1:
      return `${names[0]} is typing…`;
    case 2:
      return `${names[0]} and ${names[1]} are typing…`;
    default:
      return "Several people are typing…";
  }
}
