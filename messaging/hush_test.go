package messaging_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// The counts are those that a reader finds who walks over all messages.
func TestCountsWithMutedPeopleAreWhatARecountFinds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		const people = 4
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 1))
		convs := []string{r.channel(contracts.KindPublic, upTo(people)...), r.open(0, 1), r.open(0, 1, 2), r.open(2, 3)}
		for range 150 {
			n, other, conv := rnd.IntN(people), rnd.IntN(people), convs[rnd.IntN(len(convs))]
			ctx := context.Background()
			var err error
			switch rnd.IntN(8) {
			case 0:
				_, err = r.MuteUser(ctx, actor(n), userID(other), []contracts.MuteLevel{contracts.LevelMuted, contracts.LevelBlocked}[rnd.IntN(2)])
			case 1:
				err = r.UnmuteUser(ctx, actor(n), userID(other))
			case 2:
				_, err = r.MarkRead(ctx, actor(n), conv, int64(rnd.IntN(40)))
			case 3:
				_, err = r.MarkUnreadFrom(ctx, actor(n), conv, int64(1+rnd.IntN(10)))
			case 4:
				var h messaging.History
				if h, err = r.Messages(ctx, actor(n), conv, messaging.HistoryRequest{}); err == nil && len(h.Messages) > 0 {
					m := h.Messages[rnd.IntN(len(h.Messages))]
					if _, err = r.Edit(ctx, actor(n), m.ID, []string{"nothing", "@user0", "@user1 @user3"}[rnd.IntN(3)], 0); rnd.IntN(3) == 0 {
						_, err = r.Remove(ctx, actor(n), m.ID)
					}
				}
			default:
				_, _, err = r.Post(ctx, actor(n), contracts.NewMessage{ConversationID: conv, Text: []string{"hello", "@user0", "@user1 and @user2", "@all"}[rnd.IntN(4)]})
			}
			switch contracts.CodeOf(err) {
			case contracts.CodeNotFound, contracts.CodeInvalid, contracts.CodeCannotMessage, contracts.CodeForbidden, contracts.CodeConflict:
			default:
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for n := range people {
			r.wantRecounted(n)
		}
		r.wantSound()
	})
}

func (r *rig) wantRecounted(n int) {
	r.t.Helper()
	ctx := context.Background()
	list, err := r.MutedUsers(ctx, actor(n))
	if err != nil {
		r.t.Fatal(err)
	}
	muted := map[string]bool{}
	for _, m := range list {
		muted[m.User.ID] = true
	}
	sidebar, err := r.Memberships(ctx, r.db.Read, userID(n))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range sidebar {
		h, err := r.Messages(ctx, actor(n), c.ConversationID, messaging.HistoryRequest{Limit: 200})
		if err != nil {
			r.t.Fatal(err)
		}
		var unread, mentions, hushed int64
		own := false // a pair hushes what is unread as a whole, one's own with it
		for _, m := range h.Messages {
			switch {
			case m.Position <= c.LastReadPosition || m.Kind == contracts.MessageSystem:
			case muted[m.Author.ID]:
				hushed++
			default:
				own = own || m.Author.ID == userID(n)
				unread++
				if m.Author.ID != userID(n) && (m.MentionAll || slices.Contains(m.Mentions, userID(n))) {
					mentions++
				}
			}
		}
		if pair := c.Direct != nil && len(c.Direct.Participants) == 2; pair && own && muted[other(c.Direct, userID(n))] {
			hushed, unread = hushed+unread, 0
		}
		if c.Unread != unread || c.Mentions != mentions || c.Hushed != hushed {
			r.t.Errorf("user%d has %d unread, %d mentions, %d hushed in %s; a recount finds %d, %d, %d", n, c.Unread, c.Mentions, c.Hushed, c.ConversationID, unread, mentions, hushed)
		}
	}
}

func other(d *contracts.DirectConversation, user string) string {
	for _, p := range d.Participants {
		if p.ID != user {
			return p.ID
		}
	}
	return ""
}
