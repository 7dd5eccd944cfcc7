package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
)

// Pepper is a key that goes into password hashes and is kept outside of the database and
// its backups: who has a copy of those alone cannot try passwords. The password's
// HMAC-SHA256 under the key is what argon2id hashes, and the hash names the key, so
// several can be in use. A hash whose pepper is lost cannot be checked any more: its
// owner needs a new password.
type Pepper struct {
	ID  string // 1–8 letters, digits, - and _, which stand in each hash; never reused
	Key Secret // 32 random bytes
}

const (
	pepperBytes = 32
	maxPepperID = 8 // bytes of keyid, as the PHC string form of Argon2 allows
)

// NewPepper returns a random pepper with a random ID.
func NewPepper() Pepper {
	var key [pepperBytes]byte
	_, _ = rand.Read(key[:])
	return Pepper{ID: randomText(maxPepperID), Key: Secret(key[:])}
}

// peppers are those of a configuration: the first is for new hashes, and it alone may be
// the zero Pepper, which hashes without one.
type peppers []Pepper

func newPeppers(list []Pepper) (peppers, error) {
	seen := map[string]bool{}
	for i, p := range list {
		if i == 0 && p == (Pepper{}) {
			continue
		}
		if p.ID == "" || len(p.ID) > maxPepperID || strings.ContainsFunc(p.ID, func(r rune) bool { return notCompact(r) || r == '.' }) || len(p.Key) != pepperBytes || seen[p.ID] {
			return nil, contracts.ErrInvalid.With("a pepper has an ID of 1–8 letters of its own and 32 bytes")
		}
		seen[p.ID] = true
	}
	return list, nil
}

// CheckPeppers tells what is wrong with peppers before a Service is made of them:
// [contracts.ErrInvalid].
func CheckPeppers(list []Pepper) error {
	_, err := newPeppers(list)
	return err
}

// newest is the ID for new hashes.
func (p peppers) newest() string {
	if len(p) == 0 {
		return ""
	}
	return p[0].ID
}

// season is what argon2id gets of a password. Without the pepper it is
// [contracts.ErrUnavailable].
func (p peppers) season(id string, password Secret) ([]byte, error) {
	if id == "" {
		return []byte(password), nil
	}
	for _, k := range p {
		if k.ID == id {
			mac := hmac.New(sha256.New, []byte(k.Key))
			_, _ = mac.Write([]byte(password)) // never fails (hash.Hash)
			return mac.Sum(nil), nil
		}
	}
	return nil, errMissing(id)
}

func errMissing(id string) error {
	return contracts.ErrUnavailable.With(fmt.Sprintf("this password cannot be checked: it was hashed with the pepper %q, which is missing here", id)).
		WithHint("An administrator brings the pepper back to the pepper file (--pepper-file), or sets a new password.")
}

// has returns errMissing for a hash whose pepper is none of these. What is no hash is
// for others to judge.
func (p peppers) has(stored string) error {
	x, err := parsePHC(stored)
	if err != nil || x.pepper == "" || slices.ContainsFunc(p, func(k Pepper) bool { return k.ID == x.pepper }) {
		return nil
	}
	return errMissing(x.pepper)
}

// MissingPepper returns [contracts.ErrUnavailable] with the pepper's ID when the password
// of an account, by user name or address, was hashed with one that Config.Peppers lacks,
// so that nobody signs in with it; nil otherwise, also for nobody. It is for the operator
// and for whoever is signed in: to others it would say that there is such an account, so
// [Service.Login] does not.
func (s *Service) MissingPepper(ctx context.Context, account string) error {
	_, stored, err := s.credential(ctx, accountKey(account), account)
	if err != nil {
		return err
	}
	return s.hasher.peppers.has(stored)
}

// PepperUse says how many passwords are hashed with a pepper.
type PepperUse struct {
	ID        string `json:"pepper"` // "" is without one
	Known     bool   `json:"known"`  // the configuration has it; without it these passwords cannot be checked
	Passwords int64  `json:"passwords"`
}

// maxLostPeppers is how many that are missing are told apart.
const maxLostPeppers = 16

// PepperUse counts passwords by their peppers: those without one, then Config.Peppers in
// their order, then those that are missing there. It reads all password hashes and
// returns none, so who may see it is the caller's affair.
func (s *Service) PepperUse(ctx context.Context) ([]PepperUse, error) {
	use := []PepperUse{{Known: true}}
	var rest strings.Builder // a condition that leaves out what is counted
	var counted []any
	count := func(u PepperUse) error {
		at := fmt.Sprintf("$%d", len(counted)+1)
		counted = append(counted, keyID(u.ID)+"$")
		// replace, unlike LIKE, tells capitals apart on both engines.
		err := s.db.Read.QueryRowContext(ctx, `SELECT count(*) FROM credentials WHERE replace(hash, $1, '') <> hash`, counted[len(counted)-1]).Scan(&u.Passwords)
		rest.WriteString(` AND replace(hash, ` + at + `, '') = hash`)
		use = append(use, u)
		return err
	}
	err := s.db.Read.QueryRowContext(ctx, `SELECT count(*) FROM credentials WHERE replace(hash, ',keyid=', '') = hash`).Scan(&use[0].Passwords)
	for _, p := range s.hasher.peppers {
		if err == nil && p.ID != "" {
			err = count(PepperUse{ID: p.ID, Known: true})
		}
	}
	for n := 0; err == nil && n < maxLostPeppers; n++ {
		var hash string
		err = s.db.Read.QueryRowContext(ctx, `SELECT hash FROM credentials WHERE replace(hash, ',keyid=', '') <> hash`+rest.String()+` LIMIT 1`, counted...).Scan(&hash)
		if errors.Is(err, sql.ErrNoRows) {
			return use, nil
		}
		var h passwordHash
		if err == nil {
			h, err = parsePHC(hash)
		}
		if err == nil {
			err = count(PepperUse{ID: h.pepper})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("count passwords by pepper: %w", err)
	}
	return use, nil
}

// keyID is the parameter of a PHC string that names a pepper, with the comma before it.
func keyID(id string) string {
	if id == "" {
		return ""
	}
	return ",keyid=" + base64.RawStdEncoding.EncodeToString([]byte(id))
}

// pepperOf reads the parameter that keyID wrote.
func pepperOf(text string) (id string, ok bool) {
	encoded, ok := strings.CutPrefix(text, "keyid=")
	raw, err := base64.RawStdEncoding.Strict().DecodeString(encoded)
	return string(raw), ok && err == nil && len(raw) > 0 && len(raw) <= maxPepperID
}
