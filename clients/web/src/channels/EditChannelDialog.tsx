import { api, ok } from "../api/client";
import { useConversation } from "../store/store";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { channelName } from "./name";

/** Renames a channel and changes its topic and purpose. */
export default function EditChannelDialog({ conversation: id, onClose }: { conversation: string; onClose(): void }) {
  const conversation = useConversation(id);
  const channel = conversation?.channel;
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = { name: value("name"), topic: value("topic"), purpose: value("purpose") };
    await ok(api.PATCH("/channels/{channel}", { params: { path: { channel: id } }, body }));
    onClose();
  });
  if (!channel) return null;
  return (
    <Dialog title={`Edit #${channel.name}`} onClose={onClose}>
      <form className={dialogStyles.form} onSubmit={onSubmit}>
        <Field
          label="Name"
          name="name"
          required
          maxLength={80}
          defaultValue={channel.name}
          error={fields.name}
          onInput={(event) => {
            const input = event.currentTarget;
            input.value = channelName(input.value);
          }}
        />
        <Field
          label="Topic"
          name="topic"
          maxLength={1024}
          defaultValue={channel.topic}
          note="What it is about now"
          error={fields.topic}
        />
        <Field
          label="Purpose"
          name="purpose"
          maxLength={1024}
          defaultValue={channel.purpose}
          note="What it is for"
          error={fields.purpose}
        />
        <DialogFoot problem={problem} busy={busy} action="Save" onClose={onClose} />
      </form>
    </Dialog>
  );
}
