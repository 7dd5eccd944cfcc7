import { api, ok } from "../api/client";
import type { Message } from "../api/types";
import { act } from "../ui/act";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { storeMessage } from "./history";
import { plainText } from "./markdown";

/** Asks before a message is deleted: there is no way back. */
export default function DeleteDialog({ message, onClose }: { message: Message; onClose(): void }) {
  const remove = async () =>
    storeMessage(await ok(api.DELETE("/messages/{message}", { params: { path: { message: message.id } } })));
  const text = plainText(message.text);
  return (
    <ConfirmDialog
      title="Delete this message?"
      text={[
        `“${text.length > 160 ? `${text.slice(0, 160)}…` : text}”`,
        "It disappears for everybody and cannot be brought back.",
      ]}
      action="Delete"
      onConfirm={() => void act(remove)}
      onClose={onClose}
    />
  );
}
