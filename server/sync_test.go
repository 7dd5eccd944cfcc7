package server

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

const (
	syncClients = 20
	syncSenders = 4
	syncPosts   = 20 // of each sender
)

// follower is a client as a person's app would be: it applies events by position,
// drops what it has seen, and resumes where it was after each broken connection.
type follower struct {
	c       *client
	cursor  *contracts.Cursor
	seen    map[int64]contracts.Message // of the one conversation, by position
	resumed int
	resyncs int
}

// follow reads until it has seen position upto, breaking the connection at random.
func (f *follower) follow(conversation string, upto *atomic.Int64, rnd *rand.Rand) error {
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); {
		s, err := f.c.tryConnect(f.cursor)
		if err != nil {
			return err
		}
		if f.cursor != nil && s.hello.Resumed {
			f.resumed++
		} else if f.cursor != nil {
			f.resyncs++
		}
		if f.cursor == nil {
			f.cursor = &s.cursor
		}
		end := time.After(time.Duration(20+rnd.IntN(200)) * time.Millisecond)
		for broken := false; !broken; {
			select {
			case <-end:
				broken = true
			case fr, ok := <-s.frames:
				if !ok {
					broken = true
					break
				}
				if err := f.apply(conversation, s.hello.Epoch, fr); err != nil {
					return err
				}
				if n := upto.Load(); n > 0 && int64(len(f.seen)) >= n {
					_ = s.ws.Close()
					return nil
				}
			}
		}
		_ = s.ws.Close()
	}
	return fmt.Errorf("%s has %d messages after minutes", f.c.user.Username, len(f.seen))
}

func (f *follower) apply(conversation, epoch string, fr frame) error {
	if fr.Position <= f.cursor.Position {
		return nil
	}
	if fr.Op == "event" || fr.Op == "ping" {
		f.cursor = &contracts.Cursor{Epoch: epoch, Position: fr.Position, Mark: fr.Mark}
	}
	if fr.Type != contracts.EventMessageCreated {
		return nil
	}
	var m contracts.Message
	if err := json.Unmarshal(fr.D, &m); err != nil {
		return err
	}
	if m.ConversationID != conversation {
		return nil
	}
	if _, twice := f.seen[m.Position]; twice {
		return fmt.Errorf("message %d came twice", m.Position)
	}
	f.seen[m.Position] = m
	return nil
}

// Twenty real sockets that break at random, concurrent senders: everybody ends with
// the same history without a hole.
func TestManyClientsEndWithTheSameHistory(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		general := owner.channel("general").ID
		followers := make([]*follower, syncClients)
		for i := range followers {
			c := owner
			if i > 0 {
				c = w.newUser(fmt.Sprintf("user%d", i), contracts.RoleMember)
			}
			followers[i] = &follower{c: c, seen: map[int64]contracts.Message{}}
		}
		first := owner.channel("general").LastPosition

		var upto atomic.Int64
		var all, senders sync.WaitGroup
		errs := make(chan error, syncClients)
		connected := make([]*socket, syncClients)
		for i, f := range followers { // all are there before the first message
			connected[i] = f.c.connect(nil)
			f.cursor = &connected[i].cursor
			_ = connected[i].ws.Close()
		}
		for i, f := range followers {
			all.Go(func() { errs <- f.follow(general, &upto, rand.New(rand.NewPCG(1, uint64(i)))) })
		}
		for i := range syncSenders {
			senders.Go(func() {
				c := followers[i].c
				for n := range syncPosts {
					c.do("POST", "/conversations/"+general+"/messages", map[string]any{"text": fmt.Sprintf("%d/%d", i, n), "client_msg_id": fmt.Sprintf("%d-%d", i, n)})
				}
			})
		}
		senders.Wait()
		upto.Store(syncSenders * syncPosts)
		all.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		last := owner.channel("general").LastPosition
		if last-first != syncSenders*syncPosts {
			t.Errorf("positions %d to %d for %d posts", first, last, syncSenders*syncPosts)
		}
		for _, f := range followers {
			for p := first + 1; p <= last; p++ {
				if f.seen[p].ID == "" || f.seen[p].ID != followers[0].seen[p].ID || f.seen[p].Text != followers[0].seen[p].Text {
					t.Fatalf("%s has %+v at %d, owner has %+v", f.c.user.Username, f.seen[p], p, followers[0].seen[p])
				}
			}
			if f.resumed == 0 || f.resyncs > 0 {
				t.Errorf("%s resumed %d times and had to resync %d times", f.c.user.Username, f.resumed, f.resyncs)
			}
		}
	})
}

// State fetched early with the events applied is the state fetched late.
func TestSnapshotAndEventsAreTheFreshState(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		general := owner.channel("general").ID

		var changes sync.WaitGroup
		changes.Go(func() {
			for i := range 10 {
				var ch contracts.Channel
				owner.must(201, "POST", "/channels", map[string]any{"name": fmt.Sprintf("c%d", i), "kind": "private", "members": []string{member.user.ID}}, &ch)
				owner.post(ch.ID, "hello @member")
				owner.must(200, "PATCH", "/channels/"+ch.ID, map[string]any{"topic": fmt.Sprint(i)}, nil)
				if i%3 == 0 {
					owner.must(204, "DELETE", "/channels/"+ch.ID+"/members/"+member.user.ID, nil, nil)
				}
				if i%4 == 1 {
					owner.must(200, "POST", "/channels/"+ch.ID+"/archive", nil, nil)
				}
			}
		})
		changes.Go(func() {
			for i := range 10 {
				m := owner.post(general, fmt.Sprintf("message %d", i))
				member.must(200, "PUT", "/conversations/"+general+"/read", map[string]any{"position": m.Position - 1}, nil)
			}
			for range 5 { // ends muted
				member.must(200, "PUT", "/me/muted-users/"+owner.user.ID, obj{"level": "blocked"}, nil)
				member.must(204, "DELETE", "/me/muted-users/"+owner.user.ID, nil, nil)
				member.must(200, "PUT", "/me/muted-users/"+owner.user.ID, obj{"level": "muted"}, nil)
			}
			owner.must(201, "POST", "/dms", map[string]any{"user_ids": []string{member.user.ID}}, nil)
			owner.must(200, "PATCH", "/me", map[string]any{"display_name": "Owner the Great"}, nil)
			w.newUser("third", contracts.RoleMember)
		})
		time.Sleep(20 * time.Millisecond)
		var early workspace.Sync
		member.must(200, "GET", "/sync", nil, &early)
		s := member.connect(&early.Cursor)
		if !s.hello.Resumed {
			t.Fatalf("hello: %+v", s.hello)
		}
		changes.Wait()
		last := owner.post(general, "the last change")
		var late workspace.Sync
		member.must(200, "GET", "/sync", nil, &late)

		state := newModel(early)
		for seen := false; !seen; {
			f, err := s.next()
			if err != nil {
				t.Fatalf("at %d of %d: %v", state.position, late.Cursor.Position, err)
			}
			state.apply(t, f)
			seen = f.Type == contracts.EventMessageCreated && f.message(t).ID == last.ID
		}
		if got, want := state.text(), newModel(late).text(); got != want {
			t.Errorf("state and events:\n%s\nfresh state:\n%s", got, want)
		}
	})
}
