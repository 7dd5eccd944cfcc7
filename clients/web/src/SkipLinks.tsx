import styles from "./Shell.module.css";
import { useConversation } from "./store/store";

interface Props {
  /** The conversation on screen. */
  active: string | null;
  sidebar: boolean;
}

/** Ways past the list for those who go by the Tab key; only to what is there. */
export function SkipLinks({ active, sidebar }: Props) {
  const conversation = useConversation(active ?? "");
  if (!conversation && !sidebar) return null;
  return (
    <nav className={styles.skip} aria-label="Skip to">
      {conversation && !conversation.channel?.archived && <a href="#composer">Skip to the composer</a>}
      {conversation && <a href="#timeline">Skip to the messages</a>}
      {sidebar && <a href="#sidebar">Skip to the conversations</a>}
    </nav>
  );
}
