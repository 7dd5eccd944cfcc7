import { useLocation } from "wouter";
import styles from "./messages/ConversationPage.module.css";
import { Button } from "./ui/Button";
import { useNamed } from "./useTitle";

interface Props {
  title?: string;
  text?: string;
  /** Where it may only be out of reach for now. */
  onRetry?(): void;
}

/** Says that there is nothing at this address, or nothing that one may see, and shows the way back. */
export default function MissingPage({
  title = "Page not found",
  text = "There is nothing at this address. The link may be mistyped or out of date.",
  onRetry,
}: Props) {
  useNamed(title);
  const [, navigate] = useLocation();
  return (
    <main className={styles.main}>
      <div className={styles.preview}>
        <h1>{title}</h1>
        <p>{text}</p>
        {onRetry && (
          <Button look="primary" onClick={onRetry}>
            Try again
          </Button>
        )}
        <Button onClick={() => navigate("/")}>Back to the start</Button>
      </div>
    </main>
  );
}
