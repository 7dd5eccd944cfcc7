package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
)

// Options say what the chat works with; Client is needed.
type Options struct {
	Client *dankerchat.Client
	// Mono leaves out all colour, as NO_COLOR asks.
	Mono bool
	// Now and Zone are for tests; time.Now and the local zone unless said.
	Now  func() time.Time
	Zone *time.Location
}

// Run shows the chat until the person leaves it or ctx ends. The error is one that
// a reconnect cannot mend: the session was ended, the account is suspended.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := New(o)
	m.ctx = ctx
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	m.send = p.Send
	_, err := p.Run()
	switch {
	case m.fatal != nil:
		return m.fatal
	case errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

// follow runs the event stream, whose events come to Update as messages.
func (m *Model) follow(stream *dankerchat.Stream) tea.Cmd {
	return func() tea.Msg {
		for ev, err := range stream.Events(m.ctx) {
			if err != nil {
				return endedMsg{err}
			}
			m.send(eventMsg(ev))
		}
		return nil
	}
}
