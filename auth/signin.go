package auth

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// SignedIn is a session with its secrets, which are known this once: the database
// holds their hashes. A browser keeps Secret in a cookie; a program keeps Access and
// Refresh. Each works with [Service.Authenticate] but Refresh, which is for
// [Service.Refresh].
type SignedIn struct {
	User          contracts.User
	Session       contracts.Session
	Secret        Secret // "dks_…"; empty after Refresh
	Access        Secret // JWT
	AccessExpires time.Time
	Refresh       Secret // "dkr_…"
	// Ends is when the session ends however much it is used (Config.SessionMax). A browser
	// keeps Secret until then: Session.ExpiresAt moves on with each use.
	Ends time.Time
	// Owes is what the session has to prove before it may do anything else; "" is
	// nothing. See [Service.VerifySecondFactor] and [Service.EnrolTOTP].
	Owes contracts.Proof
}

// How much the person behind a session has proved.
const (
	FactorOwed = 0 // the first factor; the second is to come
	OneFactor  = 1
	// TwoFactors is also a passkey that verified its user, and another identity
	// provider, which has its own rules.
	TwoFactors = 2
)

// SignInProof says how somebody proved who they are.
type SignInProof struct {
	Method string // one of contracts' Method… constants; default password
	// Assurance is OneFactor or TwoFactors. Whoever has a second factor and shows one
	// factor owes the other.
	Assurance int64
	ProvedAt  time.Time // zero is now; a session that is handed on hands on its own
	Client    string    // what the client calls itself, "web/0.1.0"; a device may follow, see [ClientLabel]
	IP        string

	begunBy string // the passkey or linked account that was shown, here or to the session that lets this one in
}

const (
	browserPrefix = "dks_"
	refreshPrefix = "dkr_"
	tokenPrefix   = "dkt_"
	secretLetters = 43 // 256 bits
	familyLetters = 22 // 131 bits
)

// sessionSecrets are made before the transaction that stores their hashes.
type sessionSecrets struct {
	id, browser, family, generation string
}

func newSessionSecrets() sessionSecrets {
	return sessionSecrets{
		id:         contracts.NewID(contracts.PrefixSession),
		browser:    browserPrefix + randomText(secretLetters),
		family:     randomText(familyLetters),
		generation: randomText(secretLetters),
	}
}

func (x sessionSecrets) refresh() Secret { return Secret(refreshPrefix + x.family + x.generation) }

// StartSession signs a user in after the caller has checked the proof: a claim of the
// first owner, another identity provider. A user has at most
// Config.MaxSessions; the one idle for longest makes room.
//
// Errors: [contracts.ErrNotFound], [contracts.ErrSuspended], [contracts.ErrForbidden]
// for a bot, which has API tokens.
func (s *Service) StartSession(ctx context.Context, userID string, proof SignInProof) (SignedIn, error) {
	user, err := s.fullUser(ctx, s.db.Read, userID)
	if err != nil {
		return SignedIn{}, err
	}
	return s.startSession(ctx, user, proof)
}

func (s *Service) startSession(ctx context.Context, user contracts.User, proof SignInProof) (SignedIn, error) {
	secrets, now := newSessionSecrets(), s.now()
	var ses startedSession
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		current, err := s.fullUser(ctx, tx, user.ID)
		if err != nil {
			return err
		}
		created, err := s.insertSession(ctx, tx, current, secrets, proof, now)
		user, ses = current, created
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}

// startedSession is a session with what it proved.
type startedSession struct {
	contracts.Session
	assurance int64
	ends      time.Time
}

func (s *Service) insertSession(ctx context.Context, tx *sql.Tx, user contracts.User, x sessionSecrets, proof SignInProof, now time.Time) (startedSession, error) {
	user, err := s.followTx(ctx, tx, user)
	switch {
	case err != nil:
		return startedSession{}, err
	case user.Bot:
		return startedSession{}, contracts.ErrForbidden.With("a bot does not sign in").WithHint("Make an API token for it.")
	case user.State != contracts.UserActive:
		return startedSession{}, contracts.ErrSuspended
	}
	setDefault(&proof.Method, contracts.MethodPassword)
	setDefault(&proof.ProvedAt, now)
	if proof.Assurance != TwoFactors {
		proof.Assurance = OneFactor
		has, err := hasFactor(ctx, tx, user.ID)
		if err != nil {
			return startedSession{}, err
		}
		if has {
			proof.Assurance = FactorOwed
		}
	}
	// Expired ones first, then those idle for longest beyond what leaves one place.
	_, err = endSelectedTx(ctx, tx, "", `DELETE FROM sessions WHERE user_id = $1 AND (expires_at <= $2 OR id IN (
			SELECT id FROM (SELECT id, row_number() OVER (ORDER BY last_used_at DESC, id DESC) AS place FROM sessions
				WHERE user_id = $1 AND expires_at > $2) AS ranked WHERE place >= $3))
		RETURNING user_id, id`, user.ID, now.UnixMilli(), s.cfg.MaxSessions)
	if err != nil {
		return startedSession{}, err
	}
	ends := now.Add(s.cfg.SessionMax)
	client, device := clientParts(proof.Client)
	ses := contracts.Session{
		ID: x.id, UserID: user.ID, Client: client, Device: device, IP: cleanLabel(proof.IP, 64), Method: proof.Method,
		CreatedAt: now, LastUsedAt: now, ExpiresAt: earlier(now.Add(s.cfg.SessionIdle), ends), Current: true,
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO sessions (id, user_id, client, device, ip, browser_hash, family_hash, refresh_hash, created_at, last_used_at, expires_at, ends_at, method, assurance, proved_at, begun_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		ses.ID, ses.UserID, ses.Client, ses.Device, ses.IP, digest(x.browser), digest(x.family), digest(x.generation),
		now.UnixMilli(), now.UnixMilli(), ses.ExpiresAt.UnixMilli(), ends.UnixMilli(), proof.Method, proof.Assurance, proof.ProvedAt.UnixMilli(), proof.begunBy)
	if err != nil {
		return startedSession{}, fmt.Errorf("insert session: %w", err)
	}
	started := startedSession{ses, proof.Assurance, ends}
	return started, s.noteLogin(ctx, tx, user, started)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// signedIn adds an access token, after the commit: signing is slow and needs nothing
// of the transaction.
func (s *Service) signedIn(ctx context.Context, user contracts.User, ses startedSession, x sessionSecrets, now time.Time) (SignedIn, error) {
	if s.cfg.Directory != nil { // who may have been followed with the session
		u, err := s.fullUser(ctx, s.db.Read, user.ID)
		if err != nil {
			return SignedIn{}, err
		}
		user = u
	}
	owes, err := s.owes(ctx, ses.assurance, user.ID, user.Role)
	if err != nil {
		return SignedIn{}, err
	}
	access, expires, err := s.issue(ctx, user.ID, ses.ID, now)
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{User: user, Session: ses.Session, Secret: Secret(x.browser), Access: access, AccessExpires: expires, Refresh: x.refresh(), Ends: ses.ends, Owes: owes}, nil
}
