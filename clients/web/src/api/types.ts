import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Audit = Schemas["Audit"];
export type Channel = Schemas["Channel"];
export type Cursor = Schemas["Cursor"];
export type DirectConversation = Schemas["DirectConversation"];
export type EmailState = Schemas["EmailState"];
export type Invite = Schemas["Invite"];
export type InviteOffer = Schemas["InviteOffer"];
export type LoginRecord = Schemas["LoginRecord"];
export type Member = Schemas["Member"];
export type Membership = Schemas["Membership"];
export type Message = Schemas["Message"];
export type Meta = Schemas["Meta"];
export type MutedUser = Schemas["MutedUser"];
export type MuteLevel = Schemas["MuteLevel"];
export type PresenceState = Schemas["PresenceState"];
export type Problem = Schemas["Problem"];
export type Proof = Schemas["Proof"];
export type ReadState = Schemas["ReadState"];
export type Role = Schemas["Role"];
export type SecondFactors = Schemas["SecondFactors"];
export type Passkey = Schemas["Passkey"];
export type CreatedPasskey = Schemas["CreatedPasskey"];
export type Provider = Schemas["Provider"];
export type Identity = Schemas["Identity"];
export type Session = Schemas["Session"];
export type Settings = Schemas["Settings"];
export type Stats = Schemas["Stats"];
export type Sync = Schemas["Sync"];
export type Token = Schemas["Token"];
export type User = Schemas["User"];
export type UserRef = Schemas["UserRef"];
export type UserStatus = Schemas["UserStatus"];
export type WorkspaceInfo = Schemas["WorkspaceInfo"];

/** What the server says about events, frame by frame (asyncapi.yaml). */
interface EventOf<Type extends string, Data> {
  op: "event";
  type: Type;
  at: string;
  d: Data;
  /** In the workspace's log; absent from typing and presence. */
  position?: number;
  mark?: string;
}

export type ServerEvent =
  | EventOf<"message.created" | "message.updated" | "message.deleted", Message>
  | EventOf<"messages.removed", { conversation_id: string; through_position: number }>
  | EventOf<"dm.created", DirectConversation>
  | EventOf<"channel.created" | "channel.updated" | "channel.archived" | "channel.unarchived", Channel>
  | EventOf<
      "member.joined" | "member.left" | "member.role_changed",
      { conversation_id: string; user: UserRef; role: Schemas["ChannelRole"]; by: string }
    >
  | EventOf<"read.updated", ReadState>
  | EventOf<"muted_user.updated", { user_id: string; muted_user: MutedUser | null; read_states: ReadState[] }>
  | EventOf<"user.created" | "user.updated" | "user.suspended" | "user.restored", User>
  | EventOf<"session.revoked" | "token.revoked", { id: string }>
  | EventOf<"settings.changed", WorkspaceInfo>
  | EventOf<"typing", { conversation_id: string; user_id: string }>
  | EventOf<"presence", { user_id: string; state: PresenceState }>;

export interface Welcome {
  user_id: string;
  epoch: string;
  position: number;
  mark: string;
  resumed: boolean;
  replayed: number;
  reason: string | null;
  heartbeat_ms: number;
  max_frame: number;
  server: { version: string };
}

export type ServerFrame =
  | { op: "hello"; id: string; d: Welcome }
  | ServerEvent
  | { op: "ack"; id: string; d: unknown }
  | { op: "nack"; id: string; error: Problem }
  | { op: "ping"; position: number; mark: string };
