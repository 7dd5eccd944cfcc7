import { useState } from "react";
import { Redirect } from "wouter";
import { pathOf } from "../paths";
import { channelByName, useStore } from "../store/store";
import { later } from "../ui/later";
import { ConversationPage } from "./ConversationPage";
import { Waiting } from "./Waiting";

const AbsentPage = later(() => import("./AbsentPage"), Waiting);

/** /c/:name: the channel when one is in it, under its new name when it gets one, else what it is and the way in. */
export function ChannelRoute({ name, target }: { name: string; target: string | null }) {
  const conversation = useStore((s) => channelByName(s, name));
  const [shown, setShown] = useState(conversation?.conversation_id);
  if (conversation && conversation.conversation_id !== shown) setShown(conversation.conversation_id);
  const renamed = useStore((s) => (conversation || !shown ? undefined : s.conversations[shown]));
  if (conversation)
    return <ConversationPage key={conversation.conversation_id} conversation={conversation} target={target} />;
  if (renamed) return <Redirect to={pathOf(renamed) + (target ? `/m/${target}` : "")} replace />;
  return <AbsentPage name={name} />;
}

/** /dm/:id */
export function DirectRoute({ id, target }: { id: string; target: string | null }) {
  const conversation = useStore((s) => s.conversations[id]);
  // A link that was made before its channel was known here.
  if (conversation?.channel) return <Redirect to={pathOf(conversation) + (target ? `/m/${target}` : "")} replace />;
  if (conversation) return <ConversationPage key={id} conversation={conversation} target={target} />;
  return <AbsentPage id={id} />;
}
