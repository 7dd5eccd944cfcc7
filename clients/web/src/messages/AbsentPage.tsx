import { useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { type ApiError, api, ok, problemOf } from "../api/client";
import { fetchConversation } from "../api/membership";
import type { Channel } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useNamed } from "../useTitle";
import styles from "./ConversationPage.module.css";
import { Waiting } from "./Waiting";

/** In place of a conversation that one is not in: the channel of a name and the way in, or that there is none. */
export default function AbsentPage({ name }: { name?: string }) {
  if (name !== undefined) return <Preview key={name} name={name} />;
  return <Missing title="No such conversation" text="It does not exist, or you do not take part in it." />;
}

function Preview({ name }: { name: string }) {
  useNamed(`#${name}`);
  const [channel, setChannel] = useState<Channel>();
  const [problem, setProblem] = useState<ApiError>();
  const look = useCallback(() => {
    setProblem(undefined);
    ok(api.GET("/channels/by-name/{name}", { params: { path: { name } } }))
      .then(setChannel)
      .catch((cause) => setProblem(problemOf(cause)));
  }, [name]);
  useEffect(look, [look]);

  if (problem?.code === "not_found") {
    return (
      <Missing
        title={`No channel #${name}`}
        text="It does not exist, was renamed, or is private and you are not in it."
      />
    );
  }
  if (problem) return <Missing title="The channel could not be loaded" text={problem.message} onRetry={look} />;
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

function Missing({ title, text, onRetry }: { title: string; text: string; onRetry?(): void }) {
  useNamed(title);
  const [, navigate] = useLocation();
  return (
    <main className={styles.main}>
      <div className={styles.preview}>
        <h1>{title}</h1>
        <p>{text}</p>
        {onRetry && (
          <Button look="primary" onClick={onRetry}>
            Try again
          </Button>
        )}
        <Button onClick={() => navigate("/")}>Back to the start</Button>
      </div>
    </main>
  );
}
