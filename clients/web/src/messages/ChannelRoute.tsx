import { useEffect } from "react";
import { fetchConversation } from "../api/membership";
import { channelByName, useStore } from "../store/store";
import { later } from "../ui/later";
import { ConversationPage } from "./ConversationPage";
import { Waiting } from "./Waiting";

const AbsentPage = later(() => import("./AbsentPage"), Waiting);

/** /c/:name: the channel when one is in it, else what it is and the way in. */
export function ChannelRoute({ name, target }: { name: string; target: string | null }) {
  const conversation = useStore((s) => channelByName(s, name));
  if (conversation)
    return <ConversationPage key={conversation.conversation_id} conversation={conversation} target={target} />;
  return <AbsentPage name={name} />;
}

/** /dm/:id */
export function DirectRoute({ id, target }: { id: string; target: string | null }) {
  const conversation = useStore((s) => s.conversations[id]);
  useEffect(() => {
    if (!conversation) void fetchConversation(id);
  }, [conversation, id]);
  if (conversation) return <ConversationPage key={id} conversation={conversation} target={target} />;
  return <AbsentPage />;
}
