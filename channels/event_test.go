package channels_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

// rendered returns the log with its payloads, made from the rows as they are now.
func (w *world) rendered() []*contracts.Event {
	w.t.Helper()
	var list []*contracts.Event
	for _, ev := range expect.OK(eventlog.Since(w.t.Context(), w.db.Read, 0, 1000))(w.t) {
		list = append(list, &ev)
	}
	if err := w.Payload(w.t.Context(), w.db.Read, list); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestPayloadIsTheSameLiveAndReplayed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		live := map[int64]string{}
		w.db.OnCommit(func(_ int64, notes []any) {
			for _, note := range notes {
				if ev, ok := note.(*contracts.Event); ok && strings.HasPrefix(ev.Type, "channel.") {
					live[ev.Position] = string(ev.Data)
				}
			}
		})
		c := w.create("room", contracts.KindPublic, w.bob)
		for _, check := range []func(){
			func() {},
			func() {
				topic := "new"
				expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Topic: &topic}))(t)
			},
			func() { expect.OK(w.Archive(ctx, w.alice, c.ID))(t) },
			func() { expect.OK(w.Unarchive(ctx, w.alice, c.ID))(t) },
		} {
			check()
			events := w.rendered()
			last := events[len(events)-1]
			if live[last.Position] == "" || live[last.Position] != string(last.Data) {
				t.Errorf("%s: live %s, replayed %s", last.Type, live[last.Position], last.Data)
			}
		}
		var got contracts.Channel
		events := w.rendered()
		if err := json.Unmarshal(events[len(events)-1].Data, &got); err != nil || got.Joined || got.Name != "room" || got.MemberCount != 2 {
			t.Errorf("payload %s, %v", events[len(events)-1].Data, err)
		}
	})
}

// A channel that went private and was renamed there: whoever missed the time when
// it was public learns from the replay that it is private, and nothing else.
func TestAReplayTellsNothingOfWhatIsPrivateNow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("party", contracts.KindPublic, w.bob)
		private, public, name, topic := contracts.KindPrivate, contracts.KindPublic, "canary-name", "canary-topic"
		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Kind: &private}))(t)
		expect.Equal(t, "kind of the conversation", w.kinds[c.ID], "private")
		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Name: &name, Topic: &topic}))(t)
		expect.Equal(t, "events", strings.Join(w.events(), ", "),
			"channel.created members channel, channel.updated members channel, channel.updated conversation channel, channel.updated conversation channel")
		toMembers, toParticipants := 0, 0
		for _, ev := range w.rendered() {
			told := strings.Contains(string(ev.Data), "canary") || strings.Contains(string(ev.Data), w.alice.UserID)
			if ev.Scope == contracts.ScopeMembers {
				toMembers++
				if told || !strings.Contains(string(ev.Data), `"kind":"private"`) || !strings.Contains(string(ev.Data), c.ID) {
					t.Errorf("%s to all members: %s", ev.Type, ev.Data)
				}
			} else if toParticipants++; !told {
				t.Errorf("%s to the participants: %s", ev.Type, ev.Data)
			}
		}
		expect.Equal(t, "events to members and participants", []int{toMembers, toParticipants}, []int{2, 2})

		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Kind: &public}))(t)
		events := w.rendered()
		if ev := events[len(events)-1]; ev.Scope != contracts.ScopeMembers || !strings.Contains(string(ev.Data), "canary-name") {
			t.Errorf("public again: %s %s", ev.Scope, ev.Data)
		}
	})
}

// A change of a public channel is one event: the hub takes it to all members and to the
// guests who are in it.
func TestAChangeOfAPublicChannelIsOneEvent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("open", contracts.KindPublic, w.guest)
		topic := "new"
		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Topic: &topic}))(t)
		expect.OK(w.Archive(ctx, w.alice, c.ID))(t)
		expect.OK(w.Unarchive(ctx, w.alice, c.ID))(t)
		expect.Equal(t, "events", strings.Join(w.events(), ", "), "channel.created members channel, channel.updated members channel, "+
			"channel.archived members channel, channel.unarchived members channel")
	})
}

func TestFillAndCount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var list []contracts.Membership
		for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v") {
			c := w.create(name, contracts.KindPrivate)
			list = append(list, contracts.Membership{ConversationID: c.ID, Kind: c.Kind, LastPosition: 42})
		}
		expect.OK(w.Archive(ctx, w.alice, list[3].ConversationID))(t)
		list = append(list, contracts.Membership{ConversationID: contracts.NewID(contracts.PrefixConversation), Kind: contracts.KindDirect})
		expect.Code(t, "fill", w.Fill(ctx, w.db.Read, list), "")
		for i, m := range list[:22] {
			if m.Channel == nil || m.Channel.ID != m.ConversationID || m.Channel.LastPosition != 42 || !m.Channel.Joined || m.Channel.Archived != (i == 3) || m.Channel.MemberCount != 1 {
				t.Errorf("membership %d: %+v", i, m.Channel)
			}
		}
		if list[22].Channel != nil {
			t.Error("a direct conversation got a channel")
		}
		stats := contracts.Stats{Users: 7}
		expect.Code(t, "count", w.Count(ctx, w.db.Read, &stats), "")
		expect.Equal(t, "figures", stats, contracts.Stats{Users: 7, Channels: 22, ArchivedChannels: 1})
	})
}
