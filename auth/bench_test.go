package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// BenchmarkAuthenticate measures each kind of credential, from memory and, when it is
// dropped before each call, from the database. The budget from memory is 1 µs.
func BenchmarkAuthenticate(b *testing.B) {
	for _, d := range sqldbtest.Dialects() {
		b.Run(string(d), func(b *testing.B) {
			db := sqldbtest.Open(b, d, auth.Migrations)
			for _, name := range []string{"cached", "uncached"} {
				s, err := auth.New(b.Context(), db, auth.Config{Hash: cheapHash, CacheTTL: time.Hour, AccessTTL: time.Hour})
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				u, err := s.CreateUser(b.Context(), contracts.Operator, auth.NewUser{Username: "member1-" + name})
				if err != nil {
					b.Fatal(err)
				}
				in, err := s.StartSession(b.Context(), u.ID, auth.SignInProof{Client: "bench"})
				if err != nil {
					b.Fatal(err)
				}
				_, token, err := s.CreateToken(b.Context(), contracts.Operator, auth.NewToken{UserID: u.ID, Name: "bench", Scopes: []string{"*"}})
				if err != nil {
					b.Fatal(err)
				}
				changed := contracts.Event{Type: contracts.EventUserUpdated, Subject: u.ID}
				for kind, credential := range map[string]auth.Secret{"access": in.Access, "cookie": in.Secret, "token": token} {
					b.Run(name+"/"+kind, func(b *testing.B) {
						b.ReportAllocs()
						for b.Loop() {
							if name == "uncached" {
								s.Apply(changed)
							}
							if _, err := s.Authenticate(context.Background(), credential.Reveal()); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
		})
	}
}

// BenchmarkHash is what one login costs.
func BenchmarkHash(b *testing.B) {
	for name, params := range map[string]auth.HashParams{"default": auth.HashDefault, "small": auth.HashSmall} {
		b.Run(name, func(b *testing.B) {
			s, err := auth.New(b.Context(), sqldbtest.Open(b, sqldbtest.Dialects()[0], auth.Migrations), auth.Config{Hash: params})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			for b.Loop() {
				if _, err := s.HashPassword(b.Context(), goodPassword); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRefs is the author of a message, from memory.
func BenchmarkRefs(b *testing.B) {
	s, err := auth.New(b.Context(), sqldbtest.Open(b, sqldbtest.Dialects()[0], auth.Migrations), auth.Config{Hash: cheapHash})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	u, err := s.CreateUser(b.Context(), contracts.Operator, auth.NewUser{Username: "member1"})
	if err != nil {
		b.Fatal(err)
	}
	ids := []string{u.ID}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Refs(context.Background(), ids); err != nil {
			b.Fatal(err)
		}
	}
}
