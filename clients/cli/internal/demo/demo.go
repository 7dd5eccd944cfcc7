package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

const people = 20

// demo makes what there shall be. What is there already stays.
type demo struct {
	admin    *dankerchat.Client
	password string
	out      io.Writer
	messages int

	clients []*dankerchat.Client // of demo01, demo02, …
	ids     []string
	convs   []string // of the channels
}

func (d *demo) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{d.accounts, d.signIns, d.channels, d.talk, d.direct, d.end} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *demo) accounts(ctx context.Context) error {
	made := 0
	for i := range people {
		err := patient(ctx, func() error {
			_, err := d.admin.CreateUser(ctx, dankerchat.NewUser{Username: username(i), DisplayName: displayName(i), Password: d.password, Role: contracts.RoleMember})
			return err
		})
		switch {
		case err == nil:
			made++
		case errors.Is(err, contracts.ErrNameTaken):
		default:
			return fmt.Errorf("make the account %s: %w", username(i), err)
		}
	}
	d.say("accounts:  %d made, %d were there", made, people-made)
	return nil
}

// signIns signs everybody in, within the server's limit of sign-ins, and takes an
// API token for each: tokens may post faster than sessions.
func (d *demo) signIns(ctx context.Context) error {
	for i := range people {
		c, err := dankerchat.New(d.admin.Address(), dankerchat.WithName("demo/"+contracts.CurrentBuild().Version))
		if err != nil {
			return err
		}
		var u contracts.User
		err = patient(ctx, func() error {
			u, err = c.Login(ctx, username(i), d.password)
			return err
		})
		if err != nil {
			return fmt.Errorf("sign in as %s: %w", username(i), err)
		}
		d.clients, d.ids = append(d.clients, c), append(d.ids, u.ID)
	}
	d.say("signed in: %d", people)
	return nil
}

func (d *demo) channels(ctx context.Context) error {
	made := 0
	for n, ch := range rooms {
		owner := d.clients[n%people]
		var conv contracts.Channel
		err := patient(ctx, func() error {
			var err error
			conv, err = owner.CreateChannel(ctx, dankerchat.NewChannel{Name: ch.name, Topic: ch.topic, Kind: contracts.KindPublic})
			return err
		})
		if errors.Is(err, contracts.ErrNameTaken) {
			err = patient(ctx, func() error { conv, err = owner.ChannelByName(ctx, ch.name); return err })
		} else if err == nil {
			made++
		}
		if err != nil {
			return fmt.Errorf("make the channel #%s: %w", ch.name, err)
		}
		d.convs = append(d.convs, conv.ID)
		for i, c := range d.clients {
			if member(i, n) {
				if err := patient(ctx, func() error { return c.Join(ctx, conv.ID) }); err != nil {
					return fmt.Errorf("%s joins #%s: %w", username(i), ch.name, err)
				}
			}
		}
	}
	d.say("channels:  %d made, %d were there", made, len(rooms)-made)
	return nil
}

// talk posts the messages: each author's in their order, the authors beside one
// another, each as fast as the server lets them.
func (d *demo) talk(ctx context.Context) error {
	start := time.Now()
	byAuthor := make([][]line, people)
	for n := range d.messages {
		l := script(n)
		byAuthor[l.author] = append(byAuthor[l.author], l)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var posted atomic.Int64
	progress := time.NewTicker(5 * time.Second)
	defer progress.Stop()
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-progress.C:
				d.say("messages:  %d of %d", posted.Load(), d.messages)
			case <-done:
				return
			}
		}
	}()
	var group sync.WaitGroup
	for author, lines := range byAuthor {
		group.Go(func() {
			if err := d.post(ctx, author, lines, &posted); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	close(done)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	d.say("messages:  %d in %s", posted.Load(), time.Since(start).Round(time.Second))
	return nil
}

func (d *demo) post(ctx context.Context, author int, lines []line, posted *atomic.Int64) error {
	if len(lines) == 0 {
		return nil
	}
	var token contracts.Token
	var secret string
	err := patient(ctx, func() (err error) {
		token, secret, err = d.clients[author].CreateToken(ctx, "demo", []string{"*"}, time.Now().Add(time.Hour))
		return err
	})
	if err != nil {
		return fmt.Errorf("a token for %s: %w", username(author), err)
	}
	defer func() { // it is of no use any more, whatever happened
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = patient(ctx, func() error { return d.clients[author].RevokeToken(ctx, token.ID) })
	}()
	c, err := dankerchat.New(d.admin.Address(), dankerchat.WithToken(secret))
	if err != nil {
		return err
	}
	for _, l := range lines {
		err := patient(ctx, func() error {
			_, err := c.PostID(ctx, d.convs[l.room], l.text, l.id)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s posts in #%s: %w", username(author), rooms[l.room].name, err)
		}
		posted.Add(1)
	}
	return nil
}

// direct makes some direct conversations: pairs, and two groups.
func (d *demo) direct(ctx context.Context) error {
	for n, who := range circles {
		ids := make([]string, 0, len(who))
		for _, i := range who {
			ids = append(ids, d.ids[i])
		}
		var conv contracts.DirectConversation
		err := patient(ctx, func() (err error) { conv, err = d.clients[who[0]].OpenDirect(ctx, ids...); return err })
		if err != nil {
			return fmt.Errorf("open a direct conversation: %w", err)
		}
		for k := range 6 {
			author := who[k%len(who)]
			err := patient(ctx, func() error {
				_, err := d.clients[author].PostID(ctx, conv.ID, aside(n, k), fmt.Sprintf("demo-dm-%d-%d", n, k))
				return err
			})
			if err != nil {
				return fmt.Errorf("write directly: %w", err)
			}
		}
	}
	d.say("direct:    %d conversations", len(circles))
	return nil
}

// end signs everybody out again.
func (d *demo) end(ctx context.Context) error {
	for i, c := range d.clients {
		if err := patient(ctx, func() error { return c.Logout(ctx) }); err != nil {
			return fmt.Errorf("sign %s out: %w", username(i), err)
		}
	}
	return nil
}

// patient repeats what the server puts off, when the server says that it may.
func patient(ctx context.Context, fn func() error) error {
	for tries := 0; ; tries++ {
		err := fn()
		var e *contracts.Error
		if !errors.As(err, &e) || tries >= 30 {
			return err
		}
		switch e.Code.Status() {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		default:
			return err
		}
		wait := time.Duration(max(e.RetryAfter, 1)) * time.Second
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
