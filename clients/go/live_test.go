package dankerchat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"sync"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// server is shared by the tests that only need some server.
var server *servertest.Server

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dankerchat-sdk")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	server, err = servertest.Run(dir, "--limit", "logins_per_ip=1000", "--limit", "anonymous_rps=1000", "--limit", "anonymous_burst=1000", "--limit", "api_rps=1000", "--limit", "api_burst=1000")
	if err != nil {
		fmt.Fprintln(os.Stderr, "start a server:", err)
		return 1
	}
	defer server.Stop()
	token, err := ownerToken()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a token:", err)
		return 1
	}
	os.Setenv("DANKERCHAT_SERVER", server.Address)
	os.Setenv("DANKERCHAT_TOKEN", token)
	return m.Run()
}

func ownerToken() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := dankerchat.New(server.Address)
	if err != nil {
		return "", err
	}
	if _, err := c.Login(ctx, servertest.Owner, servertest.Password); err != nil {
		return "", err
	}
	_, secret, err := c.CreateToken(ctx, "example", []string{"*"}, time.Time{})
	return secret, err
}

// A person's way: sign in, find a channel, talk, edit, delete, read, leave.
func TestAConversation(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	member, guest := server.NewUser(t, "member", "Member"), server.NewUser(t, "guest", "Guest")
	ch, err := member.CreateChannel(ctx, dankerchat.NewChannel{Name: "talk", Topic: "Anything"})
	if err != nil || ch.Kind != contracts.KindPublic || !ch.Joined {
		t.Fatalf("create: %+v %v", ch, err)
	}
	if err := guest.Join(ctx, "#talk"); err != nil {
		t.Fatalf("join: %v", err)
	}
	first := must(guest.Post(ctx, "#talk", "hello @member"))(t)
	again := must(guest.PostID(ctx, ch.ID, "hello @member", first.ClientMsgID))(t)
	if again.ID != first.ID {
		t.Errorf("the same client_msg_id posted twice: %s, %s", first.ID, again.ID)
	}
	if _, err := guest.PostID(ctx, "#talk", "another text", first.ClientMsgID); !errors.Is(err, contracts.ErrDuplicate) {
		t.Errorf("the same client_msg_id with another text: %v", err)
	}
	inbox := must(member.Conversation(ctx, "#talk"))(t)
	if inbox.Mentions != 1 || inbox.Unread == 0 {
		t.Errorf("member's unread: %+v", inbox)
	}
	edited := must(guest.Edit(ctx, first.ID, "hello, @member"))(t)
	if edited.Text != "hello, @member" || edited.EditedAt == nil {
		t.Errorf("edited: %+v", edited)
	}
	if r := must(member.Revisions(ctx, first.ID))(t); len(r) != 1 || r[0].Text != "hello @member" {
		t.Errorf("revisions: %+v", r)
	}
	if _, err := member.Edit(ctx, first.ID, "mine now"); !errors.Is(err, contracts.ErrForbidden) {
		t.Errorf("another's edit: %v", err)
	}
	h := must(member.Messages(ctx, "#talk", dankerchat.HistoryOptions{Limit: 1}))(t)
	if len(h.Messages) != 1 || h.Messages[0].ID != first.ID || !h.HasBefore || h.HasAfter {
		t.Errorf("history: %+v", h)
	}
	if s := must(member.MarkRead(ctx, "#talk", h.Messages[0].Position))(t); s.Unread != 0 || s.Mentions != 0 {
		t.Errorf("read: %+v", s)
	}
	if err := guest.Delete(ctx, first.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
	if m := must(member.Message(ctx, first.ID))(t); m.DeletedAt == nil || m.Text != "" {
		t.Errorf("deleted: %+v", m)
	}
	if err := guest.Leave(ctx, "#talk"); err != nil {
		t.Errorf("leave: %v", err)
	}
	if _, err := guest.Post(ctx, "#talk", "still here?"); !errors.Is(err, contracts.ErrNotFound) && !errors.Is(err, contracts.ErrForbidden) {
		t.Errorf("a post from outside: %v", err)
	}
	dm := must(member.Post(ctx, "@guest", "psst"))(t)
	if got := must(guest.Messages(ctx, "@member", dankerchat.HistoryOptions{}))(t); len(got.Messages) != 1 || got.Messages[0].ID != dm.ID {
		t.Errorf("direct: %+v", got)
	}
	if s := must(member.Sync(ctx))(t); s.Me.Username != "member" || s.Workspace.Name != "Test" || len(s.Conversations) < 3 || s.Cursor.Position == 0 {
		t.Errorf("sync: %+v", s)
	}
}

func TestAProfile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := server.NewUser(t, "profiled", "Profiled")
	u := must(c.UpdateMe(ctx, dankerchat.ProfileUpdate{Title: new("Keeper"), TimeZone: new("Europe/Berlin")}))(t)
	if u.Title != "Keeper" || u.TimeZone != "Europe/Berlin" || u.DisplayName != "Profiled" {
		t.Errorf("updated: %+v", u)
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	if u = must(c.SetStatus(ctx, contracts.UserStatus{Emoji: "🌴", Text: "Away", ExpiresAt: &until}))(t); u.Status == nil || !u.Status.ExpiresAt.Equal(until) {
		t.Errorf("status: %+v", u.Status)
	}
	if u = must(c.ClearStatus(ctx))(t); u.Status != nil {
		t.Errorf("cleared: %+v", u.Status)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	if u = must(c.SetAvatar(ctx, picture.Bytes()))(t); u.AvatarURL == "" {
		t.Error("no picture")
	}
	if _, err := c.SetAvatar(ctx, []byte("<svg/>")); contracts.CodeOf(err) != contracts.CodeMediaType {
		t.Errorf("an SVG: %v", err)
	}
	if u = must(c.RemoveAvatar(ctx))(t); u.AvatarURL != "" {
		t.Errorf("removed: %q", u.AvatarURL)
	}
}

func TestAnAddress(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := server.NewUser(t, "addressed", "Addressed")
	must(c.UpdateMe(ctx, dankerchat.ProfileUpdate{Email: new("addressed@example.org")}))(t)
	if state := must(c.Email(ctx))(t); state != (contracts.EmailState{Email: "addressed@example.org"}) {
		t.Errorf("without a mail server it holds at once, unproved: %+v", state)
	}
	if _, err := c.ResendEmail(ctx); contracts.CodeOf(err) != contracts.CodeUnavailable {
		t.Errorf("a mail without a server: %v", err)
	}
	if err := c.CancelEmail(ctx); err != nil {
		t.Errorf("cancel nothing: %v", err)
	}
	if err := c.ConfirmEmail(ctx, "nonsense"); contracts.CodeOf(err) != contracts.CodeGone {
		t.Errorf("confirm by nothing: %v", err)
	}
	if i := must(c.InviteByMail(ctx, contracts.RoleGuest, "new@example.org"))(t); i.Email != "new@example.org" || i.Mailed || i.URL == "" || i.MaxUses != 1 {
		t.Errorf("invited: %+v", i)
	}
}

func TestErrorsHaveCodes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := server.NewUser(t, "plain", "Plain")
	none, err := dankerchat.New(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	long := make([]byte, contracts.MaxTextRunes+1)
	for i := range long {
		long[i] = 'x'
	}
	for name, row := range map[string]struct {
		err  error
		want error
	}{
		"nobody signed in":      {second(none.Me(ctx)), contracts.ErrUnauthenticated},
		"a wrong password":      {second(none.Login(ctx, "plain", "wrong password")), contracts.ErrBadCredentials},
		"no such channel":       {second(c.Post(ctx, "#nowhere", "hi")), contracts.ErrNotFound},
		"no such user":          {second(c.Post(ctx, "@nobody-here", "hi")), contracts.ErrNotFound},
		"no target":             {second(c.Post(ctx, "general", "hi")), contracts.ErrInvalid},
		"an empty text":         {second(c.Post(ctx, "#general", " ")), contracts.ErrInvalid},
		"a text too long":       {second(c.Post(ctx, "#general", string(long))), contracts.ErrInvalid},
		"a name in use":         {second(c.CreateChannel(ctx, dankerchat.NewChannel{Name: "general"})), contracts.ErrNameTaken},
		"not an administrator":  {second(c.Stats(ctx)), contracts.ErrForbidden},
		"an unknown message id": {second(c.Message(ctx, contracts.NewID("msg"))), contracts.ErrNotFound},
	} {
		if !errors.Is(row.err, row.want) {
			t.Errorf("%s: %v, want %v", name, row.err, row.want)
		}
	}
}

// Programs that share a session take turns at its refresh token: used twice, it
// would end the session.
func TestSharedSession(t *testing.T) {
	t.Parallel()
	login := server.NewUser(t, "shared", "Shared")
	stale := login.Tokens()
	stale.Expires = time.Now().Add(-time.Minute)
	store := &memory{tokens: stale}
	var group sync.WaitGroup
	errs := make(chan error, 20)
	for range 20 {
		c, err := dankerchat.New(server.Address, dankerchat.WithTokens(stale), dankerchat.WithTokenStore(store))
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() { errs <- second(c.Me(t.Context())) })
	}
	group.Wait()
	for range 20 {
		if err := <-errs; err != nil {
			t.Errorf("me: %v", err)
		}
	}
	if store.tokens.Refresh == stale.Refresh || store.written != 1 {
		t.Errorf("the tokens were replaced %d times, want once", store.written)
	}
	c, err := dankerchat.New(server.Address, dankerchat.WithTokens(store.tokens), dankerchat.WithTokenStore(store))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context()); err != nil || store.tokens != (dankerchat.Tokens{}) {
		t.Errorf("logout: %v, %+v", err, store.tokens)
	}
	if _, err := c.Me(t.Context()); !errors.Is(err, contracts.ErrUnauthenticated) {
		t.Errorf("after the logout: %v", err)
	}
}

// memory is a TokenStore for clients of one program.
type memory struct {
	mu      sync.Mutex
	tokens  dankerchat.Tokens
	written int
}

func (m *memory) Update(_ context.Context, fn func(dankerchat.Tokens) (dankerchat.Tokens, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := fn(m.tokens)
	if err == nil && t != m.tokens {
		m.tokens, m.written = t, m.written+1
	}
	return err
}

// must fails the test on an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func second[T any](_ T, err error) error { return err }
