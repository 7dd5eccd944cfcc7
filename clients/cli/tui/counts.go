package tui

import "github.com/dankerchat/dankerchat/contracts"

// count is what the server counts, too: contracts.Membership says how.
func (s *state) count(c *conversation) {
	raw := (c.LastPosition - c.Quiet) - (c.LastReadPosition - c.ReadQuiet)
	switch {
	case s.muted[s.peer(c)] != "":
		c.Hushed = raw
	case raw > contracts.MaxHushed:
		c.Hushed = 0
	}
	c.Unread = raw - c.Hushed
}

func (s *state) setRead(c *conversation, r contracts.ReadState) {
	c.LastReadPosition, c.ReadQuiet, c.Hushed, c.Mentions = r.LastReadPosition, r.ReadQuiet, r.Hushed, r.Mentions
	if r.LastPosition > c.LastPosition {
		c.LastPosition, c.Quiet = r.LastPosition, r.Quiet
	}
	s.count(c)
}

// mute takes over that somebody is muted, blocked or neither any more.
func (s *state) mute(change contracts.MutedUserChange) {
	delete(s.muted, change.UserID)
	if change.MutedUser != nil {
		s.muted[change.UserID] = change.MutedUser.Level
		s.know(change.MutedUser.User)
		for _, c := range s.conversations {
			delete(c.typing, change.UserID)
		}
	}
	for _, r := range change.ReadStates {
		if c := s.conversations[r.ConversationID]; c != nil {
			s.setRead(c, r)
		}
	}
}

// folded says whether a message is one of somebody muted.
func (s *state) folded(m *contracts.Message) bool {
	return m.Kind == contracts.MessageUser && m.DeletedAt == nil && s.muted[m.Author.ID] != ""
}
