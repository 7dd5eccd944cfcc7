package sqldb_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// The password of PostgreSQL need not stand in the URL: PostgreSQL's own ways are known.
func TestWhereThePasswordOfPostgresMayStand(t *testing.T) {
	host, asked := passwordServer(t)
	name, port, _ := net.SplitHostPort(host)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	passFile := file(".pgpass", name+":"+port+":*:chat:in the file\n")
	services := file("services", "[chat]\nhost="+name+"\nport="+port+"\nuser=chat\ndbname=chat\npassword=of the service\nsslmode=disable\n")
	plain := "postgres://chat@" + host + "/chat?sslmode=disable"
	for _, row := range []struct {
		name, url, want string
		env             map[string]string
	}{
		{"the URL", strings.Replace(plain, "@", ":in%20the%20URL@", 1), "in the URL", nil},
		{"PGPASSWORD", plain, "in the environment", map[string]string{"PGPASSWORD": "in the environment"}},
		{"PGPASSFILE", plain, "in the file", map[string]string{"PGPASSFILE": passFile}},
		{"the home directory", plain, "in the file", map[string]string{"HOME": dir}},
		{"a service", "postgres:///?service=chat", "of the service", map[string]string{"PGSERVICEFILE": services}},
		{"a service of the environment", "postgres://", "of the service", map[string]string{"PGSERVICEFILE": services, "PGSERVICE": "chat"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, key := range []string{"PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE", "PGSERVICE"} {
				t.Setenv(key, "")
			}
			for key, value := range row.env {
				t.Setenv(key, value)
			}
			if db, err := sqldb.Open(t.Context(), row.url, sqldb.Options{}); err == nil {
				_ = db.Close()
				t.Fatal("the server refuses everybody")
			} else if strings.Contains(err.Error(), row.want) {
				t.Errorf("the error holds the password: %v", err)
			}
			if got := <-asked; got != row.want {
				t.Errorf("the server was told %q, want %q", got, row.want)
			}
		})
	}
}

// passwordServer speaks of PostgreSQL's protocol as much as to ask for a password in the
// clear, and refuses it.
func passwordServer(t *testing.T) (host string, asked <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	told := make(chan string, 100)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				in := bufio.NewReader(conn)
				message := func(header int) []byte { // a kind, for all but the first, and a length
					head := make([]byte, header)
					if _, err := io.ReadFull(in, head); err != nil {
						return nil
					}
					body := make([]byte, binary.BigEndian.Uint32(head[header-4:])-4)
					_, _ = io.ReadFull(in, body)
					return body
				}
				if bytes.Contains(message(4), []byte("postgres:")) { // no parameter, but a piece of the URL
					told <- "a broken URL"
					return
				}
				_, _ = conn.Write([]byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}) // AuthenticationCleartextPassword
				if password := message(5); password != nil {
					told <- string(bytes.TrimRight(password, "\x00"))
				}
				refused := "SFATAL\x00C28P01\x00Mno\x00\x00"
				_, _ = conn.Write(append([]byte{'E', 0, 0, 0, byte(4 + len(refused))}, refused...))
			}()
		}
	}()
	return ln.Addr().String(), told
}
