import { useState } from "react";
import { ConversationHeader } from "../channels/ConversationHeader";
import { type Conversation, mutedPeer } from "../store/state";
import { get, titleOf, useStore } from "../store/store";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { later } from "../ui/later";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import styles from "./Composer.module.css";
import page from "./ConversationPage.module.css";
import { lastOwn } from "./lastOwn";
import { Timeline } from "./Timeline";

const BlockedNotice = later(() => import("./BlockedNotice"));
const DetailsPanel = later(() => import("../channels/DetailsPanel"));

interface Props {
  conversation: Conversation;
  target: string | null;
}

/** A conversation one takes part in: header, timeline, composer, and the panel beside. */
export function ConversationPage({ conversation, target }: Props) {
  const id = conversation.conversation_id;
  const title = useStore((s) => titleOf(conversation, s));
  const blocked = useStore((s) => {
    const peer = mutedPeer(s, conversation);
    return peer && s.muted[peer] === "blocked" ? peer : undefined;
  });
  const [editing, setEditing] = useState<string | null>(null);
  const [details, setDetails] = useState(false);
  const shown = conversation.channel ? `#${title}` : title;

  function edit(message: string | null) {
    setEditing(message);
    if (message === null) document.getElementById("composer")?.focus();
  }

  function editLast(): boolean {
    const { me, timelines, outgoing } = get();
    const own = lastOwn(timelines[id], outgoing[id] ?? [], me?.id ?? "");
    if (own) setEditing(own.id);
    return own !== undefined;
  }

  return (
    <div className={page.page}>
      <main className={page.main} aria-label={shown}>
        <ConversationHeader conversation={conversation} details={details} onDetails={() => setDetails(!details)} />
        <ErrorBoundary pane="timeline">
          <Timeline conversation={conversation} target={target} editing={editing} onEdit={edit} />
        </ErrorBoundary>
        {conversation.channel?.archived ? (
          <div className={styles.composer}>
            <p className={styles.closed}>This channel is archived: it can be read, but not written to.</p>
          </div>
        ) : blocked ? (
          <BlockedNotice user={blocked} />
        ) : (
          <ErrorBoundary pane="composer">
            <Composer conversation={id} title={shown} onEditLast={editLast} />
          </ErrorBoundary>
        )}
        <Announcer conversation={id} />
      </main>
      {details && (
        <ErrorBoundary pane="details">
          <DetailsPanel conversation={conversation} onClose={() => setDetails(false)} />
        </ErrorBoundary>
      )}
    </div>
  );
}
