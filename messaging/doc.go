// Package messaging is what is said in DankerChat: conversations and who takes
// part in them, messages, who has read what, and delivery to those connected.
//
// Make a [Service] with [New], let people talk with [Service.OpenDirect] or
// [Service.CreateConversationTx], then [Service.Post] and [Service.Messages]. A
// [Hub] follows the event log and hands every event, in order, to each connected
// [Subscriber] who may see it.
//
// Promises:
//   - A Post that returned nil is durable and has a position; positions in a
//     conversation have no gaps, and a deleted message keeps its place.
//   - A Post repeated with the same client_msg_id returns the first message.
//   - Unread and mention counts are exact after every change; [Service.Verify]
//     recomputes them.
//   - What somebody writes whom the reader has muted is neither unread nor a mention for
//     him; of two of whom one blocks the other neither writes to the other directly.
//   - Who takes part reads the whole history, what was said before a stay began
//     included, in private channels too; who has left reads nothing.
//   - Who is removed at log position r gets nothing of that conversation after r
//     by any way of this package, but the news of the removal itself.
//
// It knows nothing of channel names, roles and rules (package channels), of
// accounts ([People] is the little that it may be told), or of sockets: a Subscriber is
// an interface. It does not decide who may moderate: [Service.Remove] and the …Tx
// methods trust their caller.
package messaging
