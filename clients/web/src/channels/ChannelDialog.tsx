import { useLocation } from "wouter";
import { api, ok } from "../api/client";
import { fetchConversation } from "../api/membership";
import { once } from "../api/once";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { Field } from "../ui/Field";
import { useHere } from "../ui/useHere";
import { useSubmit } from "../ui/useSubmit";
import { KindChoice } from "./KindChoice";
import { channelName } from "./name";

/** Makes a channel and goes there. */
export default function ChannelDialog({ onClose }: { onClose(): void }) {
  const [, navigate] = useLocation();
  const here = useHere();
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const kind = value("kind") === "private" ? ("private" as const) : ("public" as const);
    const body = { name: channelName(value("name")), kind, topic: value("topic") };
    const channel = await once(
      ["channel", body],
      (header) => ok(api.POST("/channels", { params: { header }, body })),
      "",
    );
    await fetchConversation(channel.id);
    if (!here()) return; // whoever has closed it is busy elsewhere
    onClose();
    navigate(`/c/${encodeURIComponent(channel.name)}`);
  });
  return (
    <Dialog title="Create a channel" onClose={onClose}>
      <form className={dialogStyles.form} onSubmit={onSubmit}>
        <Field
          label="Name"
          name="name"
          required
          maxLength={80}
          autoFocus
          autoComplete="off"
          note="Lower-case letters, digits, hyphen and underscore"
          error={fields.name}
          onInput={(event) => {
            const input = event.currentTarget;
            input.value = channelName(input.value);
          }}
        />
        <Field label="Topic" name="topic" optional maxLength={1024} error={fields.topic} />
        <KindChoice />
        <DialogFoot problem={problem} busy={busy} action="Create channel" onClose={onClose} />
      </form>
    </Dialog>
  );
}
