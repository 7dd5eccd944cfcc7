// Package server speaks HTTP and WebSocket for a workspace: it authenticates,
// authorizes by one table, limits, decodes, makes one call into a library and
// writes the answer. It knows sockets, not membership; rules live in the libraries.
//
// Begin with [New] on an opened workspace, then [Server.Serve] on a listener;
// cancelling the context drains. routes.go is the whole interface on one screen,
// access.go who may call what, respond.go the only place where an error becomes a
// status. The interface itself is described by contracts/openapi.yaml and
// contracts/asyncapi.yaml, against which the tests hold every exchange.
package server
