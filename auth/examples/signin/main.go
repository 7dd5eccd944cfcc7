// Command signin is a web server of its own that lets auth know its people: login,
// refresh, logout, who am I, and passkeys. What is to be known of auth stands in this
// file; http.go is JSON.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func main() {
	users, err := open(context.Background(), "sqlite:app.db")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for range time.Tick(5 * time.Minute) { // what has expired goes, and keys are rotated
			if _, err := users.Prune(context.Background()); err != nil {
				log.Print(err)
			}
		}
	}()
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", routes(users, "http://localhost:8080")))
}

func open(ctx context.Context, url string) (*auth.Service, error) {
	db, err := sqldb.Open(ctx, url, sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, auth.Migrations}})
	if err != nil {
		return nil, err
	}
	return auth.New(ctx, db, auth.Config{})
}

func routes(s *auth.Service, page string) http.Handler {
	mux, here := http.NewServeMux(), auth.RelyingParty{ID: "localhost", Origins: []string{page}}
	mux.Handle("POST /login", anybody(func(ctx context.Context, r request) (any, error) {
		return tokens(s.Login(ctx, auth.LoginInput{Username: r.Username, Password: r.Password, Client: r.client, IP: r.ip}))
	}))
	mux.Handle("POST /refresh", anybody(func(ctx context.Context, r request) (any, error) { return tokens(s.Refresh(ctx, r.Refresh, r.ip)) }))
	mux.Handle("POST /logout", known(s, func(ctx context.Context, r request) (any, error) { return nil, s.Logout(ctx, r.actor) }))
	mux.Handle("GET /me", known(s, func(ctx context.Context, r request) (any, error) { return s.UserFor(ctx, r.actor, r.actor.UserID) }))
	mux.Handle("POST /passkey/new", known(s, func(ctx context.Context, r request) (any, error) { return s.BeginPasskey(ctx, r.actor, here) }))
	mux.Handle("POST /passkey/add", known(s, func(ctx context.Context, r request) (any, error) {
		return s.FinishPasskey(ctx, r.actor, r.Name, r.Response)
	}))
	mux.Handle("POST /passkey/ask", anybody(func(ctx context.Context, r request) (any, error) {
		asked, err := s.BeginPasskeyLogin(ctx, here, r.ip)
		return map[string]any{"options": asked.Options, "browser": asked.Browser.Reveal()}, err
	}))
	mux.Handle("POST /passkey/login", anybody(func(ctx context.Context, r request) (any, error) {
		return tokens(s.FinishPasskeyLogin(ctx, auth.PasskeyLogin{Browser: r.Browser, Response: r.Response, Client: r.client, IP: r.ip}))
	}))
	return mux
}
