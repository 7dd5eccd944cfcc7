package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
)

// OperatorName stands in the audit log for a person at the machine.
const OperatorName = "operator"

// maxState bounds what an entry keeps of the state before and after, in bytes.
const maxState = 8 << 10

// RecordTx writes an entry of the audit log in the transaction of the act that it
// records. before and after are encoded as JSON, nil for none; values of fields
// that hold secrets by their name (password, secret, token, code, hash, key,
// cookie, credential) are left out, and a state of more than 8 KiB is replaced by
// its size. The action is a word like "user.suspend", the target an id or
// "workspace".
func (s *Service) RecordTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, action, target string, before, after any) error {
	e := entry{id: contracts.NewID(contracts.PrefixAudit), at: s.now().UnixMilli(), actor: actorName(actor), action: plain(action), target: plain(target), ip: plain(actor.IP)}
	var err error
	if e.before, err = encodeState(before); err != nil {
		return err
	}
	if e.after, err = encodeState(after); err != nil {
		return err
	}
	var previous string
	// Write transactions are serial, so nobody else appends between the two.
	if err := tx.QueryRowContext(ctx, `SELECT sequence + 1, hash FROM audit_head WHERE id = 1`).Scan(&e.sequence, &previous); err != nil {
		return fmt.Errorf("read audit head: %w", err)
	}
	hash := e.hashAfter(previous)
	_, err = tx.ExecContext(ctx, `INSERT INTO audit_log (sequence, id, at, actor, action, target, ip, state_before, state_after, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.sequence, e.id, e.at, e.actor, e.action, e.target, e.ip, e.before, e.after, hash)
	if err != nil {
		return fmt.Errorf("insert audit entry: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE audit_head SET sequence = $1, hash = $2 WHERE id = 1`, e.sequence, hash); err != nil {
		return fmt.Errorf("update audit head: %w", err)
	}
	return nil
}

// Record is [Service.RecordTx] in a transaction of its own, for acts that are not
// rows of this database.
func (s *Service) Record(ctx context.Context, actor contracts.Actor, action, target string, before, after any) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.RecordTx(ctx, tx, actor, action, target, before, after)
	})
}

func actorName(actor contracts.Actor) string {
	if actor.UserID != "" {
		return plain(actor.UserID)
	}
	return OperatorName
}

// entry is a row of the audit log without its hash.
type entry struct {
	sequence                  int64
	id                        string
	at                        int64
	actor, action, target, ip string
	before, after             string
}

// hashAfter returns the hash of an entry that follows the one with the hash
// previous ("" for the first). Each part goes in with its length, so that no two
// entries have the same input.
func (e entry) hashAfter(previous string) string {
	h := sha256.New()
	var number [8]byte
	write := func(n int64) {
		binary.BigEndian.PutUint64(number[:], uint64(n))
		h.Write(number[:])
	}
	write(e.sequence)
	write(e.at)
	for _, part := range []string{previous, e.id, e.actor, e.action, e.target, e.ip, e.before, e.after} {
		write(int64(len(part)))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (e entry) audit(hash string) contracts.Audit {
	a := contracts.Audit{ID: e.id, Sequence: e.sequence, At: time.UnixMilli(e.at).UTC(), Actor: e.actor, Action: e.action, Target: e.target, IP: e.ip, Hash: hash}
	if e.before != "" {
		a.Before = json.RawMessage(e.before)
	}
	if e.after != "" {
		a.After = json.RawMessage(e.after)
	}
	return a
}

// encodeState returns a state as JSON without secrets, "" for nil.
func encodeState(state any) (string, error) {
	if state == nil {
		return "", nil
	}
	data, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("encode audit state: %w", err)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return "", fmt.Errorf("encode audit state: %w", err)
	}
	if data, err = json.Marshal(withoutSecrets(value)); err != nil {
		return "", fmt.Errorf("encode audit state: %w", err)
	}
	if len(data) > maxState {
		return fmt.Sprintf(`{"left_out_bytes":%d}`, len(data)), nil
	}
	// PostgreSQL takes no NUL, and JSON has no other way to write one.
	return strings.ReplaceAll(string(data), `\u0000`, `\ufffd`), nil
}

// secretWords mark fields whose values are never recorded.
var secretWords = []string{"password", "secret", "token", "code", "hash", "key", "cookie", "credential"}

func withoutSecrets(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if isSecret(name) {
				v[name] = "[redacted]"
			} else {
				v[name] = withoutSecrets(field)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i])
		}
	}
	return value
}

// isSecret goes by the words of a name; names of ids ("token_id") are no secrets.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	if strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "_ids") {
		return false
	}
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// plain leaves out what PostgreSQL would not take in a text.
func plain(text string) string {
	if utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
		return text
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd")
}
