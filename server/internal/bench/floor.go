package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
)

// floor is the least a chat server can do: a gorilla hub without accounts or
// storage that writes each message once to every connection of the channel. It
// stands in the same run as the floor that the machine allows. Like the real
// server it acknowledges and sends events in frames of the same shape.
type floor struct {
	mu       sync.RWMutex // guards conns
	conns    map[*floorConn]bool
	position int64
}

type floorConn struct {
	ws  *websocket.Conn
	out chan []byte
}

// runFloor serves until the process is told to end.
func runFloor() error {
	f := &floor{conns: map[*floorConn]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(os.Stderr, "listening on http://%s\n", l.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health/ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/v1/ws", f.serve)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.Serve(l)
}

// floorEvent has the fields of a real event frame in their order.
type floorEvent struct {
	Op       string            `json:"op"`
	Position int64             `json:"position"`
	Mark     string            `json:"mark"`
	Type     string            `json:"type"`
	At       time.Time         `json:"at"`
	D        contracts.Message `json:"d"`
}

var upgrader = websocket.Upgrader{Subprotocols: []string{"dankerchat.v1"}}

func (f *floor) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &floorConn{ws: ws, out: make(chan []byte, 4096)}
	go func() {
		for b := range c.out {
			if ws.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
		}
	}()
	defer func() {
		f.mu.Lock()
		delete(f.conns, c)
		f.mu.Unlock()
		close(c.out)
		_ = ws.Close()
	}()
	for {
		var in struct {
			Op string `json:"op"`
			ID string `json:"id"`
			D  struct {
				ConversationID string `json:"conversation_id"`
				Text           string `json:"text"`
				ClientMsgID    string `json:"client_msg_id"`
			} `json:"d"`
		}
		if ws.ReadJSON(&in) != nil {
			return
		}
		switch in.Op {
		case "hello":
			c.out <- []byte(`{"op":"hello","d":{"epoch":"floor","position":0,"resumed":false}}`)
			f.mu.Lock()
			f.conns[c] = true
			f.mu.Unlock()
		case "message.send":
			f.broadcast(c, in.ID, in.D.ConversationID, in.D.Text, in.D.ClientMsgID)
		}
	}
}

func (f *floor) broadcast(from *floorConn, id, conv, text, client string) {
	f.mu.Lock()
	f.position++
	position := f.position
	f.mu.Unlock()
	author := contracts.UserRef{ID: "usr_0", Username: "user", DisplayName: "User"}
	event, _ := json.Marshal(floorEvent{"event", position, "f", contracts.EventMessageCreated, time.Now().UTC(), contracts.Message{ID: fmt.Sprint("msg_", position), ConversationID: conv, Position: position, Author: author, Text: text, ClientMsgID: client}})
	ack := []byte(`{"op":"ack","id":"` + id + `","d":{}}`)
	f.mu.RLock()
	defer f.mu.RUnlock()
	from.out <- ack
	for c := range f.conns {
		select {
		case c.out <- event:
		default: // a full queue loses the message, and the run that finds it missing fails
		}
	}
}
