package server

import (
	"encoding/json"
	"strconv"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// clientFrame is what a client sends. Position is pong's.
type clientFrame struct {
	Op       string          `json:"op"       is:"required"`
	ID       string          `json:"id"`
	D        json.RawMessage `json:"d"`
	Position *int64          `json:"position"`
}

type helloBody struct {
	Client string            `json:"client"`
	Token  *string           `json:"token"  is:"nullable"`
	Resume *contracts.Cursor `json:"resume" is:"nullable"`
}

type helloAnswer struct {
	UserID       string  `json:"user_id"`
	ConnectionID string  `json:"connection_id"`
	Epoch        string  `json:"epoch"`
	Position     int64   `json:"position"`
	Mark         string  `json:"mark"`
	Resumed      bool    `json:"resumed"`
	Replayed     int     `json:"replayed"`
	Reason       *string `json:"reason"`
	HeartbeatMS  int     `json:"heartbeat_ms"`
	MaxFrame     int     `json:"max_frame"`
	Server       struct {
		Version string `json:"version"`
	} `json:"server"`
}

type answerFrame struct {
	Op string `json:"op"` // ack or hello
	ID string `json:"id"`
	D  any    `json:"d"`
}

type nackFrame struct {
	Op    string  `json:"op"`
	ID    string  `json:"id"`
	Error problem `json:"error"`
}

type pingFrame struct {
	Op       string `json:"op"`
	Position int64  `json:"position"`
	Mark     string `json:"mark"`
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // the types are ours: this is a mistake in the program
		panic("server: encode frame: " + err.Error())
	}
	return b
}

func (c *conn) send(v any) { c.enqueue(false, &messaging.Frame{Bytes: encode(v)}) }

func (c *conn) ack(id string, d any) { c.send(answerFrame{Op: "ack", ID: id, D: d}) }

func (c *conn) nack(id string, err error) {
	p, _ := newProblem(err, c.id+"/"+id)
	if p.Code == contracts.CodeInternal {
		c.log().Error().Err(err).Str("request_id", p.RequestID).Msg("socket operation failed")
	}
	c.send(nackFrame{Op: "nack", ID: id, Error: p})
}

func itoa(n int) string { return strconv.Itoa(n) }
