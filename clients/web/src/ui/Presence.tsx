import { usePresence } from "../store/store";
import styles from "./Presence.module.css";

const TEXT = { online: "online", away: "away", offline: "offline" };

/** Whether somebody is here: a disc, a half disc or a ring, and the word for those who do not see it. */
export function Presence({ user }: { user: string }) {
  const state = usePresence(user);
  return (
    <span className={`${styles.dot} ${styles[state]}`} title={TEXT[state]}>
      <span className="visually-hidden">{TEXT[state]}</span>
    </span>
  );
}
