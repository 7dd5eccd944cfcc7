import { mute } from "../session/mute";
import { Button } from "../ui/Button";
import styles from "./Composer.module.css";

/** Stands in the composer's place in a conversation with somebody whom one has blocked. */
export default function BlockedNotice({ user }: { user: string }) {
  return (
    <div className={styles.composer}>
      <p className={styles.closed}>
        You have blocked this person: neither of you can write here.{" "}
        <Button size="small" onClick={() => void mute(user, null)}>
          Unblock
        </Button>
      </p>
    </div>
  );
}
