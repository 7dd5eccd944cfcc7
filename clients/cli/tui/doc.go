// Package tui is the live chat in a terminal: the list of conversations, the
// timeline and the composer, on bubbletea.
//
// [Run] is the whole program. Inside, [Model] holds what is on the screen and
// changes only in Update; what takes time (requests, the event stream) runs beside
// it and comes back as messages. The state of the chat itself is in state.go and
// log.go, which know nothing of the screen.
//
// Nothing is told by colour alone: unread is bold and has a dot, presence has a
// shape, a mention a bar, a failed message a word. It works in 80×24 and in
// monochrome.
package tui
