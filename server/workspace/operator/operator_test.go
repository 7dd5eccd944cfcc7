package operator_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace/command/commandtest"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func each(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, commandtest.Seed(t, d))
		})
	}
}

func open(t *testing.T, url, as string) *operator.Session {
	t.Helper()
	s, err := operator.Open(t.Context(), operator.Options{URL: url, As: as})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func told(t *testing.T, s *operator.Session, from string, f operator.Filter) (list []operator.Entry) {
	t.Helper()
	c, err := s.Cursor(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Follow(t.Context(), c, false, f, func(e operator.Entry) error { list = append(list, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// Who has left is told of that, and of nothing before or after it in the
// conversation; the operator is told of everything, without a gap.
func TestFollowTellsWhatOneMaySee(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		op, member, owner := open(t, url, ""), open(t, url, "@member"), open(t, url, "owner")
		ops, err := member.Channel(t.Context(), "#ops")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(told(t, member, "start", operator.Filter{Conversation: ops.ID, Types: []string{contracts.EventMessageCreated}})); n != 4 {
			t.Errorf("a member is told of %d messages, want 4", n)
		}
		if err := member.Channels.Leave(t.Context(), member.Actor, ops.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := owner.Channels.Post(t.Context(), owner.Actor, contracts.NewMessage{ConversationID: ops.ID, Text: "among us"}); err != nil {
			t.Fatal(err)
		}
		for _, e := range told(t, member, "start", operator.Filter{}) {
			if e.Scope == ops.ID && e.Type != contracts.EventMemberLeft {
				t.Errorf("after leaving: %s at %d", e.Type, e.Position)
			}
			if strings.Contains(string(e.Data), "among us") {
				t.Errorf("after leaving: %s", e.Data)
			}
		}
		all := told(t, op, "start", operator.Filter{})
		for i, e := range all {
			if e.Position != int64(i)+1 {
				t.Fatalf("event %d of the operator is at %d", i, e.Position)
			}
		}
		rest := told(t, op, all[4].Cursor, operator.Filter{})
		if len(rest) != len(all)-5 || rest[0].Position != 6 {
			t.Errorf("after the fifth come %d, want %d", len(rest), len(all)-5)
		}
	})
}

func TestACursorOfAnotherHistoryIsRefused(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		s := open(t, url, "")
		last := told(t, s, "start", operator.Filter{})
		cursor := last[len(last)-1].Cursor
		epoch, rest, _ := strings.Cut(cursor, ".")
		position, _, _ := strings.Cut(rest, ".")
		for text, want := range map[string]*contracts.Error{
			"elsewhere." + rest:               contracts.ErrGone, // restored from a backup
			epoch + "." + position + ".00000": contracts.ErrGone, // another event at this place
			epoch + ".99999.x":                contracts.ErrGone, // not there yet
			"junk":                            contracts.ErrInvalid,
			epoch + ".-1.x":                   contracts.ErrInvalid,
		} {
			if _, err := s.Cursor(t.Context(), text); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", text, err, want)
			}
		}
	})
}

// A schema that a newer program wrote is refused, by reading and by migrating.
func TestANewerSchemaIsRefused(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		s := open(t, url, "")
		err := s.DB.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO goose_admin (version_id, is_applied) VALUES ($1, $2)`, 99999, true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := operator.Open(t.Context(), operator.Options{URL: url}); !errors.Is(err, contracts.ErrSchemaNewer) {
			t.Errorf("open: %v", err)
		}
		if _, err := operator.Migrate(t.Context(), operator.Options{URL: url}); !errors.Is(err, contracts.ErrSchemaNewer) {
			t.Errorf("migrate: %v", err)
		}
	})
}

// A user of --as does with their own permissions; one who is suspended does nothing.
func TestActingAsAUser(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		op := open(t, url, "")
		if open(t, url, "@guest").Actor.Role != contracts.RoleGuest {
			t.Error("not the guest's role")
		}
		guest, err := op.User(t.Context(), "guest")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := op.Admin.Suspend(t.Context(), op.Actor, guest.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := operator.Open(t.Context(), operator.Options{URL: url, As: guest.ID}); !errors.Is(err, contracts.ErrSuspended) {
			t.Errorf("suspended: %v", err)
		}
	})
}

// A damaged file is found out, not served.
func TestCheckFindsADamagedFile(t *testing.T) {
	t.Parallel()
	url := commandtest.Seed(t, sqldb.SQLite)
	s, err := operator.Open(t.Context(), operator.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Check(t.Context())
	if err != nil || !r.OK || r.LogPosition == 0 || r.Bytes == 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite://")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The index of addresses, made to disagree with the table.
	const address = "owner@example.org"
	at := bytes.LastIndex(b, []byte(address))
	if bytes.Count(b, []byte(address)) < 3 {
		t.Fatal("the address does not stand in a table and an index")
	}
	copied := filepath.Join(t.TempDir(), "damaged.db")
	damaged := bytes.Clone(b)
	damaged[at] = 'X'
	if err := os.WriteFile(copied, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = operator.Open(t.Context(), operator.Options{URL: "sqlite://" + copied})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Check(t.Context()); err != nil || r.OK || len(r.Problems) == 0 {
		t.Errorf("damaged: %+v %v", r, err)
	}
}
