package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

func containsAll(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

func TestPayload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		noted := map[int64]string{}
		defer r.db.OnCommit(func(_ int64, notes []any) {
			for _, n := range notes {
				ev := n.(*contracts.Event)
				noted[ev.Position] = string(ev.Data)
			}
		})()
		c := r.channel(contracts.KindPublic, 0, 1)
		d, _, err := r.OpenDirect(ctx, actor(0), users(1))
		if err != nil {
			t.Fatal(err)
		}
		kept := r.post(0, c, `"quoted" & <b> @user1`)
		gone := r.post(0, c, "secret")
		if _, err := r.Delete(ctx, actor(0), gone.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.MarkRead(ctx, actor(1), c, 2); err != nil {
			t.Fatal(err)
		}
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := r.SystemTx(ctx, tx, c, userID(0), "welcome")
			return err
		})
		if _, err := r.MarkRead(ctx, actor(1), d.ID, 0); err != nil {
			t.Fatal(err)
		}
		r.post(0, d.ID, "direct")
		if _, err := r.MarkRead(ctx, actor(1), d.ID, 1); err != nil {
			t.Fatal(err)
		}
		r.leave(c, 1)
		list, err := eventlog.Since(ctx, r.db.Read, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		events := make([]*contracts.Event, len(list))
		for i := range list {
			events[i] = &list[i]
		}
		foreign := &contracts.Event{Type: contracts.EventUserUpdated, Scope: contracts.ScopeMembers, Subject: userID(0)}
		given := &contracts.Event{Type: contracts.EventMessageCreated, Scope: c, Subject: kept.ID, Data: json.RawMessage(`"mine"`)}
		missing := &contracts.Event{Type: contracts.EventMessageCreated, Scope: c, Subject: "msg_x"}
		if err := r.Payload(ctx, r.db.Read, append(events, foreign, given, missing)); err != nil {
			t.Fatal(err)
		}
		if foreign.Data != nil || string(given.Data) != `"mine"` || missing.Data != nil {
			t.Errorf("foreign %s, given %s, missing %s", foreign.Data, given.Data, missing.Data)
		}
		want := []struct {
			typ   string
			parts []string
		}{
			{contracts.EventMemberJoined, []string{`"role":"owner"`, `"username":"user0"`, `"by":"` + userID(0), c}},
			{contracts.EventMemberJoined, []string{`"role":"member"`, `"username":"user1"`}},
			{contracts.EventDirectCreated, []string{d.ID, `"last_position":0`, `"kind":"dm"`, `"username":"user0"`, `"username":"user1"`}},
			{contracts.EventMessageCreated, []string{kept.ID, `"position":1`, `"mentions":["` + userID(1) + `"]`, `"username":"user0"`}},
			{contracts.EventMessageCreated, []string{gone.ID, `"text":""`, `"deleted_at":"`}}, // never the text again
			{contracts.EventMessageDeleted, []string{gone.ID, `"text":""`, `"version":2`}},
			{contracts.EventReadUpdated, nil}, // of one who has left
			{contracts.EventMessageCreated, []string{`"kind":"system"`, `"username":"user0"`, `"text":"welcome"`}},
			{contracts.EventMessageCreated, []string{`"text":"direct"`}},
			{contracts.EventReadUpdated, []string{d.ID, `"last_read_position":1`, `"unread":0`}},
			{contracts.EventMemberLeft, []string{`"username":"user1"`, `"by":"` + userID(1)}},
		}
		if len(events) != len(want) {
			t.Fatalf("%d events, want %d", len(events), len(want))
		}
		for i, w := range want {
			ev := events[i]
			if ev.Type != w.typ || !containsAll(string(ev.Data), w.parts...) || w.parts == nil && ev.Data != nil {
				t.Errorf("event %d: %s %s, want %s with %q", i, ev.Type, ev.Data, w.typ, w.parts)
			}
			// What the writer attached is what is rendered later, as long as nothing changed.
			if attached := noted[ev.Position]; attached != "" && ev.Subject == kept.ID && attached != string(ev.Data) {
				t.Errorf("attached %s, rendered %s", attached, ev.Data)
			}
		}
	})
}
