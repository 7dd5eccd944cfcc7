import { useCallback, useEffect, useState } from "react";
import { type ApiError, api, ok, problemOf } from "../api/client";
import { fetchConversation } from "../api/membership";
import type { Channel } from "../api/types";
import MissingPage from "../MissingPage";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useNamed } from "../useTitle";
import styles from "./ConversationPage.module.css";
import { Waiting } from "./Waiting";

/** In place of a conversation that is not here: a channel and the way in, or that there is none. */
export default function AbsentPage({ name, id }: { name?: string; id?: string }) {
  if (name !== undefined) return <Preview key={name} name={name} />;
  return <Direct key={id} id={id ?? ""} />;
}

/** Asks for something at once, and again when that is wanted. */
function useAsked<T>(ask: () => Promise<T>): { found?: T; problem?: ApiError; again(): void } {
  const [found, setFound] = useState<T>();
  const [problem, setProblem] = useState<ApiError>();
  const again = useCallback(() => {
    setProblem(undefined);
    ask()
      .then(setFound)
      .catch((cause) => setProblem(problemOf(cause)));
  }, [ask]);
  useEffect(again, [again]);
  return { found, problem, again };
}

/** A conversation that may have begun just now. */
function Direct({ id }: { id: string }) {
  const ask = useCallback(async () => {
    const path = { conversation: id };
    await ok(api.GET("/conversations/{conversation}", { params: { path } }));
    await fetchConversation(id);
  }, [id]);
  const { problem, again } = useAsked(ask);
  if (problem?.code === "not_found")
    return <MissingPage title="No such conversation" text="It does not exist, or you do not take part in it." />;
  if (problem)
    return <MissingPage title="The conversation could not be loaded" text={problem.message} onRetry={again} />;
  return <Waiting />;
}

function Preview({ name }: { name: string }) {
  useNamed(`#${name}`);
  const ask = useCallback(
    (): Promise<Channel> => ok(api.GET("/channels/by-name/{name}", { params: { path: { name } } })),
    [name],
  );
  const { found: channel, problem, again } = useAsked(ask);

  if (problem?.code === "not_found") {
    return (
      <MissingPage
        title={`No channel #${name}`}
        text="It does not exist, was renamed, or is private and you are not in it."
      />
    );
  }
  if (problem) return <MissingPage title="The channel could not be loaded" text={problem.message} onRetry={again} />;
  if (!channel) return <Waiting />;
  const join = async () => {
    await ok(api.POST("/channels/{channel}/join", { params: { path: { channel: channel.id } } }));
    await fetchConversation(channel.id);
  };
  return (
    <main className={styles.main} aria-label={`#${channel.name}`}>
      <div className={styles.preview}>
        <Icon name="hash" size={24} />
        <h1>#{channel.name}</h1>
        {channel.topic && <p>{channel.topic}</p>}
        <p>
          {channel.member_count} {channel.member_count === 1 ? "member" : "members"}
          {channel.archived && ", archived"}
        </p>
        {!channel.archived && (
          <Button look="primary" onClick={() => void act(join)}>
            Join channel
          </Button>
        )}
      </div>
    </main>
  );
}
