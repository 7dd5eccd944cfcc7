import { Component, type ReactNode } from "react";
import { report } from "../api/report";
import { Button } from "./Button";
import styles from "./ErrorBoundary.module.css";

interface Props {
  /** Which pane it guards, for the log. */
  pane: string;
  children: ReactNode;
}

/** Keeps a fault in one pane from taking the others with it. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown) {
    report(error, this.props.pane);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className={styles.failed} role="alert">
        <h2>This part of the page failed.</h2>
        <p>The error was reported to this server's log. The rest of the page goes on working.</p>
        <Button onClick={() => this.setState({ failed: false })}>Reload this part</Button>
      </div>
    );
  }
}
