package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"log/slog"
)

// Secret is a password, token or code. It cannot be printed, logged or marshalled
// by accident: fmt, encoding/json, log/slog and zerolog all write "[redacted]".
// [Secret.Reveal] is the one way to its text. It unmarshals from JSON like a string.
type Secret string

const redacted = "[redacted]"

// Reveal returns the text, to hand it to the person whom it is for.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" for every verb, %x and %q too.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON writes "[redacted]".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue makes log/slog write "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomText returns n random letters and digits, 5.95 bits each: 43 hold 256 bits,
// 22 hold 131. A double click selects the whole of it.
func randomText(n int) string {
	out := make([]byte, 0, n)
	var buf [64]byte
	for len(out) < n {
		_, _ = rand.Read(buf[:]) // never fails (crypto/rand)
		for _, b := range buf {
			// 248 is the largest multiple of 62 in a byte: what is above would favour
			// the first letters.
			if b < 248 && len(out) < n {
				out = append(out, base62[b%62])
			}
		}
	}
	return string(out)
}

// digest is how a secret is stored: it holds at least 128 random bits, so a plain
// SHA-256 cannot be turned back, and the database finds it by an index.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// checksum returns six letters that let a scanner tell an API token from any other
// text, and let Authenticate refuse a mistyped one without asking the database.
func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	var out [6]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return string(out[:])
}
