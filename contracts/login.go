package contracts

import "time"

// Login is a sign-in that happened or failed.
type Login struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"` // one of the Login… constants
	Method  string    `json:"method"`  // as of a Session
	Client  string    `json:"client"`  // what the client called itself
	Device  string    `json:"device"`  // what it ran on; empty when it did not say
	IP      string    `json:"ip"`
}

// How a sign-in ended.
const (
	LoginOK            = "ok"
	LoginFactorOwed    = "second_factor" // the password was right and a second factor was asked for; what came of it is another Login
	LoginWrongPassword = "wrong_password"
	LoginWrongCode     = "wrong_code" // of the authenticator app, or a recovery code
	LoginRefused       = "refused"    // a passkey that did not hold, or an account at a provider that may not come in
	LoginSuspended     = "suspended"  // what was shown was right, the account is suspended
)
