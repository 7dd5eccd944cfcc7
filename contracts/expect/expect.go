// Package expect has the checks that the libraries' tests share. Tests alone import it.
package expect

import (
	"fmt"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// OK returns what hands v on to a test that cannot go on after an error:
//
//	channel := expect.OK(s.Create(ctx, owner, n))(t)
func OK[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// Code fails the test unless err has that code, "" for no error.
func Code(tb testing.TB, what string, err error, code contracts.Code) {
	tb.Helper()
	if code == "" {
		if err != nil {
			tb.Errorf("%s: %v", what, err)
		}
		return
	}
	if contracts.CodeOf(err) != code || err == nil {
		tb.Errorf("%s: %v; want %s", what, err, code)
	}
}

// Equal fails the test unless got prints as want does.
func Equal(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		tb.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
