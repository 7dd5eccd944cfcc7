import { api, ok, problemOf } from "../api/client";
import type { Message } from "../api/types";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { toast } from "../ui/toast";
import { storeMessage } from "./history";
import { plainText } from "./markdown";

/** Asks before a message is deleted: there is no way back. */
export default function DeleteDialog({ message, onClose }: { message: Message; onClose(): void }) {
  async function remove() {
    onClose();
    try {
      storeMessage(await ok(api.DELETE("/messages/{message}", { params: { path: { message: message.id } } })));
    } catch (cause) {
      toast(problemOf(cause).message);
    }
  }
  const text = plainText(message.text);
  return (
    <Dialog title="Delete this message?" onClose={onClose}>
      <p className={dialogStyles.text}>“{text.length > 160 ? `${text.slice(0, 160)}…` : text}”</p>
      <p className={dialogStyles.text}>It disappears for everybody and cannot be brought back.</p>
      <div className={dialogStyles.actions}>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" onClick={() => void remove()}>
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
