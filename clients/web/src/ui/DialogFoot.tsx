import type { ReactNode } from "react";
import { Button } from "./Button";
import { dialogStyles } from "./Dialog";

interface Props {
  /** What is wrong with the form as a whole; empty when nothing is. */
  problem?: string;
  busy?: boolean;
  /** What the button that does it says. */
  action: string;
  /** It destroys something. */
  danger?: boolean;
  /** Without it there is no Cancel. */
  onClose?(): void;
  /** Further buttons, before the others. */
  children?: ReactNode;
}

/** The foot of a form in a dialog: what is wrong, and the buttons. */
export function DialogFoot({ problem, busy, action, danger, onClose, children }: Props) {
  return (
    <>
      {problem && (
        <p className={dialogStyles.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={dialogStyles.actions}>
        {children}
        {onClose && <Button onClick={onClose}>Cancel</Button>}
        <Button type="submit" look={danger ? "danger" : "primary"} disabled={busy}>
          {action}
        </Button>
      </div>
    </>
  );
}
