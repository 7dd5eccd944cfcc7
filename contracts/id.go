package contracts

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// Prefixes of identifiers. One prefix serves every conversation: whether it is a
// channel or a direct conversation is a column and is never read from the id.
const (
	PrefixUser         = "usr"
	PrefixConversation = "cnv"
	PrefixMessage      = "msg"
	PrefixSession      = "ses"
	PrefixToken        = "tok"
	PrefixInvite       = "inv"
	PrefixKey          = "key"
	PrefixPasskey      = "pky"
	PrefixIdentity     = "idn"
	PrefixAudit        = "aud"
	PrefixRequest      = "req"
	PrefixConnection   = "con"
)

// crockford is Crockford's base 32 in lower case: no i, l, o or u, so that an id
// can be read aloud.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns a new identifier: the prefix, an underscore, and 26 characters
// that hold 48 bits of milliseconds since 1970 and 80 random bits. Ids made later
// sort later to the millisecond, which keeps index inserts local; nothing may rely
// on the order.
func NewID(prefix string) string {
	var b [16]byte
	ms := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint64(b[:8], ms<<16)
	if _, err := rand.Read(b[6:]); err != nil {
		panic("contracts: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return prefix + "_" + crockford.EncodeToString(b[:])
}

// ValidID reports whether id has the given prefix and the form that [NewID] makes.
func ValidID(prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, prefix+"_")
	if !ok || len(rest) != 26 {
		return false
	}
	for _, c := range []byte(rest) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u':
		default:
			return false
		}
	}
	return true
}
