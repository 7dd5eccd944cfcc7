import { Component, type ReactNode } from "react";
import { report } from "../api/report";
import { Button } from "./Button";
import styles from "./ErrorBoundary.module.css";

interface Props {
  /** Which pane it guards, for the log. */
  pane: string;
  children: ReactNode;
}

/** How browsers say that a part of the app could not be fetched: the server is away, or of another version by now. */
const NOT_FETCHED = /dynamically imported module|module script/i;

/** Keeps a fault in one pane from taking the others with it. */
export class ErrorBoundary extends Component<Props, { failed: "" | "fault" | "fetch" }> {
  override state = { failed: "" as const };

  static getDerivedStateFromError(error: unknown) {
    return { failed: NOT_FETCHED.test(String(error)) ? "fetch" : "fault" };
  }

  override componentDidCatch(error: unknown) {
    if (!NOT_FETCHED.test(String(error))) report(error, this.props.pane);
  }

  override render() {
    const failed: string = this.state.failed;
    if (!failed) return this.props.children;
    if (failed === "fetch")
      return (
        <div className={styles.failed} role="alert">
          <h2>This part of the app could not be fetched.</h2>
          <p>The server may be away for a moment, or have been updated.</p>
          <Button onClick={() => location.reload()}>Reload the page</Button>
        </div>
      );
    return (
      <div className={styles.failed} role="alert">
        <h2>This part of the page failed.</h2>
        <p>The error was reported to this server's log. The rest of the page goes on working.</p>
        <Button onClick={() => this.setState({ failed: "" })}>Reload this part</Button>
      </div>
    );
  }
}
