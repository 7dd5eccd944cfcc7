import type { ApiError } from "../api/client";
import { Button } from "../ui/Button";
import styles from "./Timeline.module.css";

const BONES = [1, 2, 3, 4, 5];

/** What stands in the timeline's place until its messages come, or when they do not. */
export function Skeleton({ failed, onRetry }: { failed?: ApiError; onRetry(): void }) {
  if (failed) {
    return (
      <div className={styles.state} role="alert">
        <p>The messages could not be loaded. {failed.message}</p>
        <Button onClick={onRetry}>Try again</Button>
      </div>
    );
  }
  return (
    <div className={styles.skeleton} aria-hidden="true">
      {BONES.map((n) => (
        <div key={n} className={styles.bone}>
          <span />
          <span />
        </div>
      ))}
    </div>
  );
}
