import { openDialog } from "../channels/dialogs";
import type { Conversation } from "../store/state";
import { others, titleOf, useMe, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import styles from "./Intro.module.css";

/** Where a conversation begins: what it is, and what one might do first. */
export function Intro({ conversation }: { conversation: Conversation }) {
  return conversation.channel ? (
    <ChannelIntro conversation={conversation} />
  ) : (
    <DirectIntro conversation={conversation} />
  );
}

function ChannelIntro({ conversation }: { conversation: Conversation }) {
  const { channel } = conversation;
  const creator = useStore((s) => s.users[channel?.created_by ?? ""]?.display_name);
  const guest = useStore((s) => s.me?.role === "guest");
  if (!channel) return null;
  const secret = channel.kind === "private";
  return (
    <div className={styles.intro}>
      <span className={styles.tile}>
        <Icon name={secret ? "lock" : "hash"} size={24} />
      </span>
      <h2 className={styles.title}>Welcome to #{channel.name}</h2>
      <p className={styles.lead}>
        {creator
          ? `${creator} made this ${secret ? "private " : ""}channel. `
          : `This is the beginning of the ${secret ? "private " : ""}channel. `}
        {channel.purpose}
      </p>
      {!channel.archived && !guest && (
        <div className={styles.actions}>
          <Button look="primary" onClick={() => openDialog({ name: "invite" })}>
            <Icon name="user-plus" size={16} />
            Invite people
          </Button>
          <Button onClick={() => openDialog({ name: "add-people", conversation: conversation.conversation_id })}>
            Add people to the channel
          </Button>
          <Button onClick={() => openDialog({ name: "create-channel" })}>Create a channel</Button>
        </div>
      )}
    </div>
  );
}

function DirectIntro({ conversation }: { conversation: Conversation }) {
  const me = useMe();
  const title = useStore((s) => titleOf(conversation, s));
  const people = others(conversation, me?.id ?? "");
  const shown = people.length > 0 ? people : me ? [me] : [];
  return (
    <div className={styles.intro}>
      <div className={styles.people}>
        {shown.map((p) => (
          <Avatar key={p.id} id={p.id} name={p.display_name} size={64} />
        ))}
      </div>
      <h2 className={styles.title}>{title}</h2>
      <p className={styles.lead}>
        {people.length === 0
          ? "Only you can see this conversation: a place for notes, links and drafts."
          : people.length === 1
            ? `The beginning of your conversation with @${people[0]?.username}.`
            : `The beginning of a conversation between you and ${people.length} others.`}
      </p>
    </div>
  );
}
