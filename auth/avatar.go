package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// Avatar is a user's picture: AvatarSize pixels square, made by this library of what
// the user sent.
type Avatar struct {
	Hash  string // SHA-256 of Image, hexadecimal
	MIME  string // image/png or image/jpeg
	Image []byte
}

// avatarPath is where DankerChat's server shows a picture. The hash is there for
// caches: another picture has another address.
func avatarPath(user, hash string) string { return "/api/v1/users/" + user + "/avatar?v=" + hash[:16] }

// SetAvatar gives a user a picture: oneself, or with [contracts.PermManageUsers] a
// user with a lesser role. An API token needs the scope "*".
//
// picture is a PNG, JPEG, GIF or WebP of at most MaxAvatarBytes, MaxPixels and
// MaxSide, whatever it is called: its first bytes decide, and its dimensions are
// checked before it is decoded. The square in its middle is scaled to AvatarSize and
// encoded anew, so nothing else of it is kept: no EXIF data, no second image, no
// trailing bytes. At most two are decoded at once.
//
// Errors: [contracts.ErrTooLarge], code unsupported_media_type, [contracts.ErrInvalid],
// [contracts.ErrBusy] when others keep the decoder busy, [contracts.ErrForbidden],
// [contracts.ErrNotFound].
func (s *Service) SetAvatar(ctx context.Context, actor contracts.Actor, id string, picture []byte) (contracts.User, error) {
	if _, err := s.target(ctx, s.db.Read, actor, id); err != nil { // before any work is done on it
		return contracts.User{}, err
	}
	image, mime, err := s.pictures.square(ctx, picture)
	if err != nil {
		return contracts.User{}, err
	}
	sum := sha256.Sum256(image)
	return s.putAvatar(ctx, actor, id, Avatar{Hash: hex.EncodeToString(sum[:]), MIME: mime, Image: image})
}

// RemoveAvatar takes a user's picture away. Rights and errors as of
// [Service.SetAvatar]; repeating it does nothing.
func (s *Service) RemoveAvatar(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	return s.putAvatar(ctx, actor, id, Avatar{})
}

// RemoveAvatarTx is [Service.RemoveAvatar] in the caller's transaction.
func (s *Service) RemoveAvatarTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error) {
	return s.putAvatarTx(ctx, tx, actor, id, Avatar{})
}

func (s *Service) putAvatar(ctx context.Context, actor contracts.Actor, id string, a Avatar) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.putAvatarTx(ctx, tx, actor, id, a)
	})
}

func (s *Service) putAvatarTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, a Avatar) (contracts.User, error) {
	u, err := s.target(ctx, tx, actor, id)
	if err != nil {
		return u, err
	}
	var before string
	if err := tx.QueryRowContext(ctx, `SELECT avatar FROM users WHERE id = $1`, id).Scan(&before); err != nil {
		return u, fmt.Errorf("read avatar: %w", err)
	}
	if before == a.Hash {
		return u, nil
	}
	if a.Hash != "" {
		_, err = tx.ExecContext(ctx, `INSERT INTO avatars (hash, mime, image, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING`,
			a.Hash, a.MIME, a.Image, s.now().UnixMilli())
		if err != nil {
			return u, fmt.Errorf("insert avatar: %w", err)
		}
	}
	if _, err = tx.ExecContext(ctx, `UPDATE users SET avatar = $1 WHERE id = $2`, a.Hash, id); err != nil {
		return u, fmt.Errorf("update avatar: %w", err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM avatars WHERE hash = $1 AND NOT EXISTS (SELECT 1 FROM users WHERE avatar = $1)`, before)
	if err != nil {
		return u, fmt.Errorf("delete avatar: %w", err)
	}
	u.AvatarURL = ""
	if a.Hash != "" {
		u.AvatarURL = s.cfg.AvatarURL(id, a.Hash)
	}
	return u, appendEvents(ctx, tx, userEvent(contracts.EventUserUpdated, actor.UserID, u))
}

// Avatar returns a user's picture; [contracts.ErrNotFound] when there is none. Who may
// see the user may see it: that is for the caller to check.
func (s *Service) Avatar(ctx context.Context, id string) (Avatar, error) {
	var a Avatar
	err := s.db.Read.QueryRowContext(ctx, `SELECT a.hash, a.mime, a.image FROM users u JOIN avatars a ON a.hash = u.avatar WHERE u.id = $1`, id).
		Scan(&a.Hash, &a.MIME, &a.Image)
	if errors.Is(err, sql.ErrNoRows) {
		return a, contracts.ErrNotFound.With("this user has no picture")
	}
	if err != nil {
		return a, fmt.Errorf("read avatar: %w", err)
	}
	return a, nil
}
