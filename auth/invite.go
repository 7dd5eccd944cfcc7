package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Limits of invites.
const (
	MaxInviteUses     = 100
	MaxOpenInvites    = 20 // per user; the operator has no limit
	MaxInviteChannels = 20
	MaxInviteLife     = 30 * 24 * time.Hour

	invitesPerAddress = 3 // mails in an hour
)

// NewInvite is an invite to be made.
type NewInvite struct {
	Role      contracts.Role // default member; at most the inviter's own
	Channels  []string       // conversation ids joined besides the default ones
	MaxUses   int            // default 1, at most 100
	ExpiresIn time.Duration  // default 7 days, one minute to 30 days
	// Email is whom it is for: the account gets this address and no other, so the invite
	// works once. A Service that can mails a link there, with a code of its own that proves
	// the address; [contracts.Invite] says whether it did. "" is for whoever has the link.
	Email string
}

const inviteColumns = `id, role, channels, max_uses, uses, created_by, created_at, expires_at, revoked_at, email, CASE WHEN mail_hash IS NULL THEN 0 ELSE 1 END`

func scanInvite(scan sqldb.Scan) (i contracts.Invite, err error) {
	var channels string
	var created, expires int64
	var revoked *int64
	if err := scan(&i.ID, &i.Role, &channels, &i.MaxUses, &i.Uses, &i.CreatedBy, &created, &expires, &revoked, &i.Email, &i.Mailed); err != nil {
		return i, err
	}
	i.CreatedAt, i.ExpiresAt, i.Revoked = fromMillis(created), fromMillis(expires), revoked != nil
	return i, json.Unmarshal([]byte(channels), &i.Channels)
}

// CreateInvite makes an invite, with [contracts.PermInvite]. The Code in the answer,
// 131 random bits, is shown this once and stored as a hash. Whether the inviter may
// add people to the channels is the caller's to check: this library knows no
// channels. The role is fixed now and checked again at redemption.
//
// Errors: [contracts.ErrInvalid] with the field, [contracts.ErrForbidden],
// [contracts.ErrConflict] at MaxOpenInvites.
func (s *Service) CreateInvite(ctx context.Context, actor contracts.Actor, in NewInvite) (contracts.Invite, error) {
	if err := s.CheckInvite(actor, in); err != nil {
		return contracts.Invite{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Invite, error) {
		return s.CreateInviteTx(ctx, tx, actor, in)
	})
}

// CheckInvite does of [Service.CreateInvite] what needs no database, so that nobody waits for
// a transaction to be told what is wrong; [Service.CreateInviteTx] looks again.
func (s *Service) CheckInvite(actor contracts.Actor, in NewInvite) error {
	if !actor.Can(contracts.PermInvite) {
		return contracts.ErrForbidden
	}
	in.fill()
	if err := mayGive(actor, in.Role, false); err != nil {
		return err
	}
	_, _, err := checkInvite(in)
	return err
}

func (in *NewInvite) fill() {
	setDefault(&in.Role, contracts.RoleMember)
	setDefault(&in.MaxUses, 1)
	setDefault(&in.ExpiresIn, 7*24*time.Hour)
}

// CreateInviteTx is [Service.CreateInvite] in the caller's transaction. The code is
// worth nothing before the commit.
func (s *Service) CreateInviteTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, in NewInvite) (contracts.Invite, error) {
	none := contracts.Invite{}
	acting, err := s.acting(ctx, tx, actor, contracts.PermInvite)
	if err != nil {
		return none, err
	}
	in.fill()
	if err := mayGive(acting, in.Role, false); err != nil {
		return none, err
	}
	channels, email, err := checkInvite(in)
	if err != nil {
		return none, err
	}
	now := s.now()
	if err := roomForInvite(ctx, tx, actor, now); err != nil {
		return none, err
	}
	invite := contracts.Invite{
		ID: contracts.NewID(contracts.PrefixInvite), Code: randomText(22), Role: in.Role, Channels: channels, MaxUses: in.MaxUses,
		Email: email, CreatedBy: actor.UserID, CreatedAt: now, ExpiresAt: now.Add(in.ExpiresIn).Truncate(time.Millisecond),
	}
	code, err := s.mailInvite(ctx, tx, invite)
	if err != nil {
		return none, err
	}
	invite.Mailed = code != nil
	_, err = tx.ExecContext(ctx, `INSERT INTO invites (id, code_hash, role, channels, max_uses, uses, created_by, created_at, expires_at, email, mail_hash)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10)`,
		invite.ID, inviteDigest(Secret(invite.Code)), string(invite.Role), string(encode(channels)), invite.MaxUses, invite.CreatedBy, now.UnixMilli(), invite.ExpiresAt.UnixMilli(), invite.Email, code)
	if err != nil {
		return none, fmt.Errorf("insert invite: %w", err)
	}
	return invite, nil
}

// mailInvite mails an invite to whom it is for, and returns the hash of the mail's code:
// nil when there is nobody, no mail server, or there went too many mails to the address.
func (s *Service) mailInvite(ctx context.Context, tx *sql.Tx, i contracts.Invite) (hash *string, err error) {
	if i.Email == "" || !s.CanMail() {
		return nil, nil // nothing to mail
	}
	wait, err := s.count(ctx, tx, counted{digest("invite\x00" + emailKey(i.Email)), invitesPerAddress, time.Hour})
	if err != nil || wait > 0 {
		return nil, err
	}
	by := ""
	if i.CreatedBy != "" {
		inviter, err := s.fullUser(ctx, tx, i.CreatedBy)
		if err != nil {
			return nil, err
		}
		by = inviter.DisplayName
	}
	code := Secret(randomText(22))
	s.mailAfter(ctx, Mail{Kind: MailInvite, To: i.Email, By: by, Link: s.link("/invite/", code), ExpiresAt: i.ExpiresAt, At: i.CreatedAt})
	stored := inviteDigest(code)
	return &stored, nil
}

func inviteDigest(code Secret) string { return digest(strings.TrimSpace(string(code))) }

// roomForInvite refuses a user who has MaxOpenInvites.
func roomForInvite(ctx context.Context, tx *sql.Tx, actor contracts.Actor, now time.Time) error {
	if actor.Operator {
		return nil
	}
	var open int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM invites WHERE created_by = $1 AND revoked_at IS NULL AND uses < max_uses AND expires_at > $2`,
		actor.UserID, now.UnixMilli()).Scan(&open)
	if err != nil {
		return fmt.Errorf("count open invites: %w", err)
	}
	if open >= MaxOpenInvites {
		return contracts.ErrConflict.With(fmt.Sprintf("you have %d open invites, the most there may be", open)).WithHint("Revoke one, or let more people use one.")
	}
	return nil
}

func checkInvite(in NewInvite) (channels []string, email string, err error) {
	var f faults
	if in.MaxUses < 1 || in.MaxUses > MaxInviteUses {
		f.add(contracts.Invalid("/max_uses", "an invite can be used 1 to 100 times"))
	}
	if in.Email != "" && in.MaxUses > 1 {
		f.add(contracts.Invalid("/max_uses", "an invite for one address can be used once"))
	}
	if in.ExpiresIn < time.Minute || in.ExpiresIn > MaxInviteLife {
		f.add(contracts.Invalid("/expires_in_seconds", "an invite lasts one minute to 30 days"))
	}
	channels = slices.Clone(in.Channels)
	slices.Sort(channels)
	channels = slices.Compact(channels)
	if channels == nil {
		channels = []string{}
	}
	if len(channels) > MaxInviteChannels {
		f.add(contracts.Invalid("/channels", "an invite names at most 20 channels"))
	}
	for _, c := range channels {
		if !contracts.ValidID(contracts.PrefixConversation, c) {
			f.add(contracts.Invalid("/channels", "not the id of a channel: "+cleanLabel(c, 40)))
			break
		}
	}
	email, bad := cleanEmail(in.Email)
	f.add(bad)
	return channels, email, f.err()
}

// Invites lists invites, the newest first: all of them with
// [contracts.PermManageUsers], one's own with [contracts.PermInvite].
func (s *Service) Invites(ctx context.Context, actor contracts.Actor, req contracts.PageRequest) (contracts.Page[contracts.Invite], error) {
	none := contracts.Page[contracts.Invite]{}
	all := actor.Can(contracts.PermManageUsers)
	if !all && !actor.Can(contracts.PermInvite) {
		return none, contracts.ErrForbidden
	}
	limit, err := req.Check()
	if err != nil {
		return none, err
	}
	at, id := int64(1)<<62, ""
	if req.After != "" {
		if err := contracts.DecodeCursor(req.After, &at, &id); err != nil {
			return none, err
		}
	}
	where, args := "", []any{at, id, limit + 1}
	if !all {
		where, args = "created_by = $4 AND", append(args, actor.UserID)
	}
	var invites []contracts.Invite
	query := `SELECT ` + inviteColumns + ` FROM invites WHERE ` + where + ` (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3`
	err = sqldb.Each(ctx, s.db.Read, query, args, func(scan sqldb.Scan) error {
		i, err := scanInvite(scan)
		invites = append(invites, i)
		return err
	})
	if err != nil {
		return none, fmt.Errorf("list invites: %w", err)
	}
	return contracts.NewPage(invites, limit, func(i contracts.Invite) string { return contracts.EncodeCursor(i.CreatedAt.UnixMilli(), i.ID) }), nil
}

// RevokeInvite makes an invite useless: one's own, or any with
// [contracts.PermManageUsers]. Any other is [contracts.ErrNotFound]. Repeating it does
// nothing.
func (s *Service) RevokeInvite(ctx context.Context, actor contracts.Actor, id string) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, _, err := s.RevokeInviteTx(ctx, tx, actor, id)
		return err
	})
}

// RevokeInviteTx is [Service.RevokeInvite] in the caller's transaction. It returns the
// invite, and whether it was not revoked before.
func (s *Service) RevokeInviteTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Invite, bool, error) {
	none, missing := contracts.Invite{}, contracts.ErrNotFound.With("no such invite")
	manages := actor.Can(contracts.PermManageUsers)
	if !manages && !actor.Can(contracts.PermInvite) {
		return none, false, contracts.ErrForbidden
	}
	i, err := scanInvite(tx.QueryRowContext(ctx, `SELECT `+inviteColumns+` FROM invites WHERE id = $1`, id).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !manages && i.CreatedBy != actor.UserID:
		return none, false, missing
	case err != nil:
		return none, false, fmt.Errorf("read invite: %w", err)
	case i.Revoked:
		return i, false, nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE invites SET revoked_at = $1 WHERE id = $2`, s.now().UnixMilli(), id); err != nil {
		return none, false, fmt.Errorf("revoke invite: %w", err)
	}
	i.Revoked = true
	return i, true, nil
}
