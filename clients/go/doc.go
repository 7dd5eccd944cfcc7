// Package dankerchat is the Go client of a DankerChat server: REST for commands
// and queries, a WebSocket for what happens.
//
// [New] makes a [Client] from the server's address and a credential; an API token
// is the usual one for bots and scripts, [Client.Login] signs a person in.
// Conversations are named by a target: "#channel", "@user" or a conversation id.
//
//	c, err := dankerchat.New("http://localhost:8080", dankerchat.WithToken(token))
//	msg, err := c.Post(ctx, "#general", "hello")
//	for event, err := range c.Events(ctx, nil) { … }
//
// What is promised: [Client.Post] gives every message a client_msg_id and repeats
// a send whose outcome is unknown with the same one, so that a message is stored
// once. [Client.Events] reconnects by itself with jitter and resumes where it was,
// so that no event is lost and none comes twice while the server keeps its log;
// when it can't resume it says so with a [Resync] event.
//
// Errors that the server returns are *contracts.Error values: match them with
// errors.Is against contracts.ErrNotFound and the like.
package dankerchat
