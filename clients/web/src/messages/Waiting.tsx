import { Spinner } from "../ui/Spinner";
import styles from "./ConversationPage.module.css";

/** The page of a conversation that is on its way. */
export function Waiting() {
  return (
    <main className={styles.main}>
      <div className={styles.preview}>
        <Spinner />
      </div>
    </main>
  );
}
