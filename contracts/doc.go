// Package contracts holds the words that every part of DankerChat shares: the
// data model, the closed list of error codes, event names, identifiers, pages
// and permissions. It imports the standard library only and imports none of the
// modules that use it, so a Go program can depend on one library of DankerChat
// without pulling in the others.
//
// Start with [User], [Conversation] and [Message] for what is stored, [Event]
// for what travels, and [Error] for what goes wrong. [Actor] says on whose
// behalf a library call is made; it is always passed explicitly.
//
// The HTTP interface is described by openapi.yaml and the WebSocket by
// asyncapi.yaml, both embedded here as [OpenAPI] and [AsyncAPI].
package contracts
