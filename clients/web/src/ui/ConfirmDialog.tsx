import { Button } from "./Button";
import { Dialog, dialogStyles } from "./Dialog";

interface Props {
  title: string;
  text: string;
  /** What the button that does it says. */
  action: string;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something that is hard to undo. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className={dialogStyles.text}>{text}</p>
      <div className={dialogStyles.actions}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="danger"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
