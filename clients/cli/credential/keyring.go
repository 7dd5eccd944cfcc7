package credential

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/zalando/go-keyring"
)

const service = "dankerchat"

// How long the keyring may take: to write, when a file will do, and to read what is
// nowhere else, for which it may ask the person to unlock it.
const (
	writeWithin = time.Second
	readWithin  = 30 * time.Second
)

// errOff is returned under DANKERCHAT_KEYRING=off.
var errOff = errors.New("switched off by DANKERCHAT_KEYRING")

func toKeyring(ctx context.Context, name, secret string) error {
	return within(ctx, writeWithin, func() error { return keyring.Set(service, name, secret) })
}

func fromKeyring(ctx context.Context, name string) (secret string, err error) {
	got := make(chan string, 1)
	err = within(ctx, readWithin, func() error {
		s, err := keyring.Get(service, name)
		got <- s
		return err
	})
	if err == nil {
		secret = <-got
	}
	return secret, err
}

func forgetInKeyring(ctx context.Context, name string) error {
	return within(ctx, writeWithin, func() error { return keyring.Delete(service, name) })
}

// within runs what cannot be broken off, and leaves it behind when it takes too
// long: a keyring without a desktop to ask for its password waits for ever.
func within(ctx context.Context, limit time.Duration, fn func() error) error {
	if os.Getenv("DANKERCHAT_KEYRING") == "off" {
		return errOff
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
