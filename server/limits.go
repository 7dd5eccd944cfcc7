package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits bound what one user, address or socket may ask of a server. Each is an
// ordinary setting that may be lowered or raised.
type Limits struct {
	Messages          float64 // posted by one user in 10 seconds
	MessagesToken     float64 // posted with one's API tokens in 10 seconds
	MessagesBurst     int
	ConversationRPS   float64 // posted into one conversation in a second
	APIRPS            float64 // requests of one user in a second
	APIBurst          int
	AnonymousRPS      float64 // requests without credentials from one address in a second
	AnonymousBurst    int
	LoginsPerIP       float64 // sign-ins from one address in a minute
	OpsRPS            float64 // frames of one socket in a second
	OpsBurst          int
	SocketsPerUser    int
	SocketsPerSession int // or API token
	SocketsPerIP      int
	Sockets           int
	PendingPerIP      int     // sockets that have not signed in yet
	HandshakesRPS     float64 // of the whole server
	HandshakesPerIP   float64 // in a second
	HandshakesBurst   int     // of one address
}

// DefaultLimits are the limits of a server that is told nothing else.
func DefaultLimits() Limits {
	return Limits{
		Messages: 10, MessagesToken: 30, MessagesBurst: 20, ConversationRPS: 50,
		APIRPS: 20, APIBurst: 100, AnonymousRPS: 5, AnonymousBurst: 30, LoginsPerIP: 20,
		OpsRPS: 20, OpsBurst: 40,
		SocketsPerUser: 20, SocketsPerSession: 5, SocketsPerIP: 200, Sockets: 20000, PendingPerIP: 100,
		HandshakesRPS: 500, HandshakesPerIP: 10, HandshakesBurst: 50,
	}
}

type limit struct {
	name    string
	float   func(*Limits) *float64
	integer func(*Limits) *int
}

var limits = []limit{
	{name: "anonymous_burst", integer: func(l *Limits) *int { return &l.AnonymousBurst }},
	{name: "anonymous_rps", float: func(l *Limits) *float64 { return &l.AnonymousRPS }},
	{name: "api_burst", integer: func(l *Limits) *int { return &l.APIBurst }},
	{name: "api_rps", float: func(l *Limits) *float64 { return &l.APIRPS }},
	{name: "conversation_rps", float: func(l *Limits) *float64 { return &l.ConversationRPS }},
	{name: "handshakes_burst", integer: func(l *Limits) *int { return &l.HandshakesBurst }},
	{name: "handshakes_per_ip", float: func(l *Limits) *float64 { return &l.HandshakesPerIP }},
	{name: "handshakes_rps", float: func(l *Limits) *float64 { return &l.HandshakesRPS }},
	{name: "logins_per_ip", float: func(l *Limits) *float64 { return &l.LoginsPerIP }},
	{name: "messages", float: func(l *Limits) *float64 { return &l.Messages }},
	{name: "messages_burst", integer: func(l *Limits) *int { return &l.MessagesBurst }},
	{name: "messages_token", float: func(l *Limits) *float64 { return &l.MessagesToken }},
	{name: "ops_burst", integer: func(l *Limits) *int { return &l.OpsBurst }},
	{name: "ops_rps", float: func(l *Limits) *float64 { return &l.OpsRPS }},
	{name: "pending_per_ip", integer: func(l *Limits) *int { return &l.PendingPerIP }},
	{name: "sockets", integer: func(l *Limits) *int { return &l.Sockets }},
	{name: "sockets_per_ip", integer: func(l *Limits) *int { return &l.SocketsPerIP }},
	{name: "sockets_per_session", integer: func(l *Limits) *int { return &l.SocketsPerSession }},
	{name: "sockets_per_user", integer: func(l *Limits) *int { return &l.SocketsPerUser }},
}

// Set changes one limit from text "name=value". An unknown name gets an error that
// lists the names; a value must be a number above zero.
func (l *Limits) Set(assignment string) error {
	name, value, _ := strings.Cut(assignment, "=")
	i := slices.IndexFunc(limits, func(known limit) bool { return known.name == strings.TrimSpace(name) })
	if i < 0 {
		names := make([]string, len(limits))
		for i, known := range limits {
			names[i] = known.name
		}
		return fmt.Errorf("unknown limit %q: use one of %s", name, strings.Join(names, ", "))
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(n > 0) || n > 1e9 {
		return fmt.Errorf("limit %s: %q is not a number above 0", limits[i].name, value)
	}
	if known := limits[i]; known.float != nil {
		*known.float(l) = n
	} else {
		*known.integer(l) = max(1, int(n))
	}
	return nil
}
