package dankerchat_test

import (
	"context"
	"errors"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestADeviceLogin(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	owner := server.Client(t, servertest.Owner)
	begin := func() (*dankerchat.Client, dankerchat.DeviceLogin) {
		t.Helper()
		c, err := dankerchat.New(server.Address, dankerchat.WithName("test/1.0 (bench on Linux)"))
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.BeginDeviceLogin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if d.VerificationURI != server.Address+"/device" || d.VerificationURIComplete != d.VerificationURI+"?code="+d.UserCode || d.ExpiresIn != 600 || d.Interval != 5 {
			t.Errorf("got %+v", d)
		}
		d.Interval = 1 // the server bears the first two questions
		return c, d
	}
	c, d := begin()
	if err := owner.AnswerDevice(ctx, d.UserCode, true); err != nil {
		t.Fatal(err)
	}
	user, err := c.FinishDeviceLogin(ctx, d)
	if err != nil || user.Username != servertest.Owner {
		t.Fatalf("got %+v, %v", user, err)
	}
	sessions, err := c.Sessions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if s.Current && (s.Method != contracts.MethodDevice || s.Client != "test/1.0" || s.Device != "bench on Linux") {
			t.Errorf("got %+v", s)
		}
	}
	if err := c.Logout(ctx); err != nil {
		t.Fatal(err)
	}

	c, d = begin()
	if err := owner.AnswerDevice(ctx, d.UserCode, false); err != nil {
		t.Fatal(err)
	}
	if _, err := c.FinishDeviceLogin(ctx, d); !errors.Is(err, contracts.ErrAccessDenied) {
		t.Errorf("got %v", err)
	}
	if _, err := c.FinishDeviceLogin(ctx, d); !errors.Is(err, contracts.ErrExpiredToken) {
		t.Errorf("got %v", err)
	}
}

func TestATokenIsRotated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	server.NewUser(t, "rotator", "Rotator")
	member := server.Client(t, "rotator")
	made, old, err := member.CreateToken(ctx, "bot", []string{"*"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	rotated, secret, err := member.RotateToken(ctx, made.ID, 2*time.Hour)
	if err != nil || rotated.ID != made.ID || rotated.FormerUntil == nil {
		t.Fatalf("got %+v, %v", rotated, err)
	}
	works := func(token string) error {
		c, err := dankerchat.New(server.Address, dankerchat.WithToken(token))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Me(ctx)
		return err
	}
	if err := errors.Join(works(old), works(secret)); err != nil {
		t.Errorf("in the grace: %v", err)
	}
	if _, secret, err = member.RotateToken(ctx, made.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := works(old); !errors.Is(err, contracts.ErrUnauthenticated) {
		t.Errorf("got %v", err)
	}
	if err := works(secret); err != nil {
		t.Error(err)
	}
	link, expires, err := member.HandOver(ctx)
	if err != nil || expires != 2*time.Minute || len(link) < 40 {
		t.Errorf("got %s for %v, %v", link, expires, err)
	}
	if err := member.RevokeAllSessions(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := member.Me(ctx); !errors.Is(err, contracts.ErrUnauthenticated) {
		t.Errorf("got %v", err)
	}
}
