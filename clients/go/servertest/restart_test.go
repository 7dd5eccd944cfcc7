package servertest_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/clients/go/servertest"
)

// Its port is free while a server is down, so that somebody else may get it for a while.
func TestARestartWaitsForItsAddress(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	s.Kill()
	if other, err := net.Listen("tcp", strings.TrimPrefix(s.Address, "http://")); err == nil { // else somebody has it already
		time.AfterFunc(time.Second, func() { _ = other.Close() })
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	s.Client(t, servertest.Owner)
}
