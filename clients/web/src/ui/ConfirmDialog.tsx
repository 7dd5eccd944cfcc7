import { Dialog, dialogStyles } from "./Dialog";
import { DialogFoot } from "./DialogFoot";

interface Props {
  title: string;
  /** What is about to happen, by paragraphs. */
  text: string | string[];
  /** What the button that does it says. */
  action: string;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something that is hard to undo. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className={dialogStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          onConfirm();
        }}
      >
        {[text].flat().map((paragraph) => (
          <p key={paragraph} className={dialogStyles.text}>
            {paragraph}
          </p>
        ))}
        <DialogFoot action={action} danger onClose={onClose} />
      </form>
    </Dialog>
  );
}
