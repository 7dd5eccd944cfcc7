package dankerchat

import (
	"context"
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// SecondFactors is what one has set up.
type SecondFactors struct {
	Owes          contracts.Proof `json:"owes"`           // by the session in use; "" is nothing
	Required      bool            `json:"required"`       // by one's role
	TOTP          bool            `json:"totp"`           // an authenticator app
	TOTPSince     *time.Time      `json:"totp_since"`     // when it was confirmed
	Passkeys      int             `json:"passkeys"`       // how many
	RecoveryCodes int             `json:"recovery_codes"` // that are left
}

// SecondFactors tells what one has set up, also to a session that owes a proof.
func (c *Client) SecondFactors(ctx context.Context) (SecondFactors, error) {
	return call[SecondFactors](ctx, c, http.MethodGet, "/auth/2fa", nil)
}

// TOTPEnrolment is what an authenticator app has to know. Both are secret.
type TOTPEnrolment struct {
	Secret string `json:"secret"` // base32, to type in
	URL    string `json:"url"`    // otpauth://totp/…, to show as a QR code
}

// EnrolTOTP begins to set an authenticator app up; [Client.ConfirmTOTP] finishes it. Like
// all that decides how one signs in, it wants a proof of the last ten minutes, else
// [contracts.ErrReauthRequired].
func (c *Client) EnrolTOTP(ctx context.Context) (TOTPEnrolment, error) {
	return call[TOTPEnrolment](ctx, c, http.MethodPost, "/auth/2fa/enrol", nil)
}

type recoveryCodes struct {
	Codes []string `json:"recovery_codes"`
}

// ConfirmTOTP takes a first code of the app. It returns the recovery codes, which are
// shown this once.
func (c *Client) ConfirmTOTP(ctx context.Context, code string) ([]string, error) {
	out, err := call[recoveryCodes](ctx, c, http.MethodPost, "/auth/2fa/confirm", map[string]string{"code": code})
	return out.Codes, err
}

// RenewRecoveryCodes replaces one's recovery codes; the new ones are shown this once.
func (c *Client) RenewRecoveryCodes(ctx context.Context) ([]string, error) {
	out, err := call[recoveryCodes](ctx, c, http.MethodPost, "/auth/2fa/recovery-codes", nil)
	return out.Codes, err
}

// RemoveTOTP takes one's authenticator app away.
func (c *Client) RemoveTOTP(ctx context.Context) error {
	return c.Do(ctx, http.MethodDelete, "/auth/2fa", nil, nil)
}

// Reauth proves by the password who is there, so that for ten minutes changes go through
// that answer [contracts.ErrReauthRequired]. [Client.VerifySecondFactor] does it by a code.
func (c *Client) Reauth(ctx context.Context, password string) error {
	return c.Do(ctx, http.MethodPost, "/auth/reauth", map[string]string{"password": password}, nil)
}
