package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// A program without a browser signs in by the device flow (RFC 8628): it shows a short
// code, somebody who is signed in elsewhere types that and approves, and meanwhile the
// program asks again and again with a long code of its own.

// DeviceLife is how long a device has to be approved, DeviceInterval how long it waits
// between two questions at first.
const (
	DeviceLife     = 10 * time.Minute
	DeviceInterval = 5 * time.Second
)

const (
	devicePrefix = "dkd_"
	// userCodeAlphabet has no vowels, so no words, and nothing that looks or sounds like
	// another of it (RFC 8628, section 6.1). Eight letters hold 34 bits, which ten minutes
	// and five tries do not find.
	userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLetters  = 8

	maxDevicesBegun  = 20 // by an address in ten minutes
	maxUserCodeTries = 5  // by a user in fifteen minutes
)

// DeviceLogin is a sign-in that waits for approval.
type DeviceLogin struct {
	DeviceCode Secret // "dkd_…", for the program to ask with
	UserCode   string // "BCDF-GHJK", for the person to type
	ExpiresAt  time.Time
	Interval   time.Duration // to leave between two questions
}

// DeviceRequest is what somebody who is to approve a device is shown.
type DeviceRequest struct {
	Client    string // what it calls itself: nobody has checked that
	IP        string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// BeginDevice begins the sign-in of a program that cannot show a login page. One
// address begins at most 20 in ten minutes: [contracts.ErrRateLimited].
func (s *Service) BeginDevice(ctx context.Context, client, ip string) (DeviceLogin, error) {
	if from := Network(ip); from != "" {
		limits := []counted{{digest("device\x00" + from), maxDevicesBegun, DeviceLife}}
		if err := s.reserveFor(ctx, limits, "too many devices asked from this address"); err != nil {
			return DeviceLogin{}, err
		}
	}
	now := s.now()
	login := DeviceLogin{DeviceCode: Secret(devicePrefix + randomText(secretLetters)), ExpiresAt: now.Add(DeviceLife), Interval: DeviceInterval}
	letters := newUserCode()
	login.UserCode = letters[:4] + "-" + letters[4:]
	return login, s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO device_codes (device_hash, user_hash, client, ip, created_at, expires_at, pause) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			digest(string(login.DeviceCode)), userCodeDigest(letters), cleanLabel(client, 100), cleanLabel(ip, 64),
			now.UnixMilli(), login.ExpiresAt.UnixMilli(), DeviceInterval.Milliseconds())
		if err != nil {
			return fmt.Errorf("insert device code: %w", err)
		}
		return nil
	})
}

func newUserCode() string {
	out := make([]byte, 0, userCodeLetters)
	var buf [32]byte
	for len(out) < userCodeLetters {
		_, _ = rand.Read(buf[:])
		for _, b := range buf {
			if b < 240 && len(out) < userCodeLetters { // 240 is the largest multiple of 20 in a byte
				out = append(out, userCodeAlphabet[b%20])
			}
		}
	}
	return string(out)
}

func userCodeDigest(letters string) string { return digest("device user code\x00" + letters) }

// cleanUserCode takes what people type: dashes, spaces and small letters don't matter.
func cleanUserCode(typed string) (string, bool) {
	if len(typed) > 64 {
		return "", false
	}
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(typed)))
	return code, len(code) == userCodeLetters && strings.Trim(code, userCodeAlphabet) == ""
}

// UserCode is a code that somebody typed, counted as a try.
type UserCode struct {
	letters  string
	counters []counted
}

// PrepareUserCode counts a try to enter the code of a device, before it is looked for; a
// right one gives the tries back. A user has five in fifteen minutes, so that nobody
// finds a device that waits for somebody else.
//
// Errors: [contracts.ErrInvalid] at /user_code for what cannot be one, which is no try,
// [contracts.ErrRateLimited], [contracts.ErrForbidden] for an API token,
// [contracts.ErrMFARequired].
func (s *Service) PrepareUserCode(ctx context.Context, actor contracts.Actor, typed string) (UserCode, error) {
	if actor.UserID == "" || actor.SessionID == "" {
		return UserCode{}, contracts.ErrForbidden.With("an API token may not let a device in").WithHint("Sign in instead.")
	}
	if err := Owing(actor); err != nil {
		return UserCode{}, err
	}
	letters, ok := cleanUserCode(typed)
	if !ok {
		return UserCode{}, contracts.Invalid("/user_code", "that is no code of a device").WithHint("It has eight letters, like BCDF-GHJK: the device shows it.")
	}
	c := UserCode{letters, []counted{{digest("user-code\x00" + actor.UserID), maxUserCodeTries, 15 * time.Minute}}}
	return c, s.reserveFor(ctx, c.counters, "too many wrong codes")
}

// DeviceRequest tells what asks to be let in by a code. Errors: those of
// [Service.PrepareUserCode], [contracts.ErrNotFound] for a code that is not good, or has
// been answered.
func (s *Service) DeviceRequest(ctx context.Context, actor contracts.Actor, typed string) (DeviceRequest, error) {
	code, err := s.PrepareUserCode(ctx, actor, typed)
	if err != nil {
		return DeviceRequest{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (DeviceRequest, error) {
		d, err := s.waiting(ctx, tx, code)
		if err != nil {
			return d, err
		}
		return d, forgive(ctx, tx, code.counters)
	})
}

var errNoDevice = contracts.ErrNotFound.With("no device waits for this code").At("/user_code")

func (s *Service) waiting(ctx context.Context, q eventlog.Querier, code UserCode) (DeviceRequest, error) {
	var d DeviceRequest
	var created, expires int64
	err := q.QueryRowContext(ctx, `SELECT client, ip, created_at, expires_at FROM device_codes WHERE user_hash = $1 AND expires_at > $2 AND answer = ''`,
		userCodeDigest(code.letters), s.now().UnixMilli()).Scan(&d.Client, &d.IP, &created, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errNoDevice
	}
	if err != nil {
		return d, fmt.Errorf("read device code: %w", err)
	}
	d.CreatedAt, d.ExpiresAt = fromMillis(created), fromMillis(expires)
	return d, nil
}

// AnswerDevice lets a device in, or refuses it: once. It gets a session of the actor
// that proves what the actor's session has proved, no more, and that begins when the
// device fetches it; until then the end of the actor's session ends it too. It is not
// fresh: who talks somebody into approving a device of theirs (RFC 8628, section 5.4) has
// a session that is listed and can be ended, but adds no passkey, token or second factor.
//
// Errors: as [Service.DeviceRequest].
func (s *Service) AnswerDevice(ctx context.Context, actor contracts.Actor, typed string, approve bool) (DeviceRequest, error) {
	code, err := s.PrepareUserCode(ctx, actor, typed)
	if err != nil {
		return DeviceRequest{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (DeviceRequest, error) {
		return s.AnswerDeviceTx(ctx, tx, actor, code, approve)
	})
}

const (
	approved = "approved"
	denied   = "denied"
)

// AnswerDeviceTx is [Service.AnswerDevice] in the caller's transaction.
func (s *Service) AnswerDeviceTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, code UserCode, approve bool) (DeviceRequest, error) {
	d, err := s.waiting(ctx, tx, code)
	if err != nil {
		return d, err
	}
	if err := s.openSession(ctx, tx, actor); err != nil {
		return d, err
	}
	answer := denied
	if approve {
		answer = approved
	}
	result, err := tx.ExecContext(ctx, `UPDATE device_codes SET answer = $1, session_id = $2 WHERE user_hash = $3 AND answer = ''`,
		answer, actor.SessionID, userCodeDigest(code.letters))
	if err != nil {
		return d, fmt.Errorf("answer device: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return d, errors.Join(err, errNoDevice)
	}
	return d, forgive(ctx, tx, code.counters)
}

// openSession makes sure that the actor's session has not ended meanwhile.
func (s *Service) openSession(ctx context.Context, tx *sql.Tx, actor contracts.Actor) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sessions WHERE id = $1 AND user_id = $2 AND expires_at > $3`, actor.SessionID, actor.UserID, s.now().UnixMilli()).Scan(&n)
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	if n == 0 {
		return contracts.ErrUnauthenticated.With("the session has ended").WithHint("Sign in again.")
	}
	return nil
}

// FinishDevice is a device's question whether it is let in, and the session when it is.
// A code gives one session.
//
// Errors, as RFC 8628, section 3.5 names them: [contracts.ErrAuthorizationPending],
// [contracts.ErrSlowDown], which adds five seconds to the interval,
// [contracts.ErrAccessDenied], [contracts.ErrExpiredToken] for every code that is not
// good any more or never was. And [contracts.ErrSuspended].
func (s *Service) FinishDevice(ctx context.Context, device Secret, ip string) (SignedIn, error) {
	if len(device) != len(devicePrefix)+secretLetters || !strings.HasPrefix(string(device), devicePrefix) {
		return SignedIn{}, contracts.ErrExpiredToken
	}
	secrets, now := newSessionSecrets(), s.now()
	var user contracts.User
	var ses startedSession
	var refusal error // which is to be committed
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		refusal = nil
		q, err := takeQuestion(ctx, tx, digest(string(device)), now)
		if err != nil || q.refusal != nil {
			refusal = q.refusal
			return err
		}
		proof, owner, err := sessionProof(ctx, tx, q.session, now)
		if err != nil {
			return err
		}
		if user, err = s.fullUser(ctx, tx, owner); err != nil {
			return err
		}
		proof.Method, proof.Client, proof.IP = contracts.MethodDevice, q.client, ip
		proof.ProvedAt = fromMillis(0) // nobody has proved anything there
		ses, err = s.insertSession(ctx, tx, user, secrets, proof, now)
		return err
	})
	if err = errors.Join(err, refusal); err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}

// question is what became of a device's question.
type question struct {
	session, client string
	refusal         error
}

// takeQuestion answers a device from its row, and uses the row up by the last answer.
func takeQuestion(ctx context.Context, tx *sql.Tx, hashed string, now time.Time) (question, error) {
	var q question
	var session, answer string
	var expires, asked, pause int64
	err := tx.QueryRowContext(ctx, `SELECT client, expires_at, asked_at, pause, answer, coalesce(session_id, '') FROM device_codes WHERE device_hash = $1`, hashed).
		Scan(&q.client, &expires, &asked, &pause, &answer, &session)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && expires <= now.UnixMilli():
		return q, contracts.ErrExpiredToken
	case err != nil:
		return q, fmt.Errorf("read device code: %w", err)
	case answer == "":
		q.refusal = contracts.ErrAuthorizationPending
		if asked+pause > now.UnixMilli() {
			pause += DeviceInterval.Milliseconds()
			q.refusal = contracts.ErrSlowDown.After(int(pause / 1000))
		}
		if _, err := tx.ExecContext(ctx, `UPDATE device_codes SET asked_at = $1, pause = $2 WHERE device_hash = $3`, now.UnixMilli(), pause, hashed); err != nil {
			return q, fmt.Errorf("note the question of a device: %w", err)
		}
		return q, nil
	case answer == denied:
		q.refusal = contracts.ErrAccessDenied
	}
	q.session = session
	result, err := tx.ExecContext(ctx, `DELETE FROM device_codes WHERE device_hash = $1`, hashed)
	if err != nil {
		return q, fmt.Errorf("use device code up: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return q, errors.Join(err, contracts.ErrExpiredToken)
	}
	return q, nil
}

// sessionProof is what a session hands on to another that it lets in.
func sessionProof(ctx context.Context, tx *sql.Tx, id string, now time.Time) (proof SignInProof, userID string, err error) {
	var provedAt int64
	err = tx.QueryRowContext(ctx, `SELECT user_id, assurance, proved_at, begun_by FROM sessions WHERE id = $1 AND expires_at > $2`, id, now.UnixMilli()).
		Scan(&userID, &proof.Assurance, &provedAt, &proof.begunBy)
	if errors.Is(err, sql.ErrNoRows) {
		return proof, "", contracts.ErrExpiredToken
	}
	if err != nil {
		return proof, "", fmt.Errorf("read the session that approved: %w", err)
	}
	proof.ProvedAt = fromMillis(provedAt)
	return proof, userID, nil
}
