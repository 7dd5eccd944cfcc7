package dankerchat_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what authenticator apps compute (RFC 6238)
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// totp is the code that an authenticator app shows, some steps from now.
func totp(t *testing.T, secret string, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, time.Now().Unix()/30+steps)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

func logins(t *testing.T, ctx context.Context, c *dankerchat.Client) (list []contracts.Login) {
	t.Helper()
	for l, err := range c.Logins(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
	return list
}

// A program sets up a second factor, signs in with it, and sees in the history what was.
func TestASecondFactorAndTheHistory(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := server.NewUser(t, "careful", "Careful")
	begun := must(c.EnrolTOTP(ctx))(t)
	if !strings.HasPrefix(begun.URL, "otpauth://totp/") {
		t.Errorf("enrolment: %.20s", begun.URL)
	}
	codes := must(c.ConfirmTOTP(ctx, totp(t, begun.Secret, 0)))(t)
	if f := must(c.SecondFactors(ctx))(t); len(codes) != 10 || !f.TOTP || f.TOTPSince == nil || f.RecoveryCodes != 10 || f.Owes != "" {
		t.Errorf("%d codes, factors %+v", len(codes), f)
	}
	other, err := dankerchat.New(server.Address, dankerchat.WithName("second/1 (a desk)"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Login(ctx, "careful", servertest.Password); !errors.Is(err, contracts.ErrMFARequired) {
		t.Fatalf("login: %v", err)
	}
	if f := must(other.SecondFactors(ctx))(t); f.Owes != contracts.ProofSecondFactor {
		t.Errorf("owes %q", f.Owes)
	}
	if left := must(other.VerifySecondFactor(ctx, codes[0]))(t); left != 9 {
		t.Errorf("%d left", left)
	}
	if err := other.Reauth(ctx, "not the password"); !errors.Is(err, contracts.ErrBadCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := other.Reauth(ctx, servertest.Password); err != nil {
		t.Error(err)
	}
	var list []contracts.Login
	for deadline := time.Now().Add(30 * time.Second); len(list) < 4; time.Sleep(50 * time.Millisecond) {
		if list = logins(t, ctx, other); time.Now().After(deadline) {
			t.Fatalf("history: %+v", list)
		}
	}
	if l := list[1]; l.Outcome != contracts.LoginOK || l.Client != "second/1" || l.Device != "a desk" || l.Method != contracts.MethodPassword || l.At.IsZero() {
		t.Errorf("the sign-in: %+v", l)
	}
	if list[0].Outcome != contracts.LoginWrongPassword || list[2].Outcome != contracts.LoginFactorOwed || list[3].Outcome != contracts.LoginOK {
		t.Errorf("history: %+v", list)
	}
	if renewed := must(other.RenewRecoveryCodes(ctx))(t); len(renewed) != 10 {
		t.Errorf("%d renewed codes", len(renewed))
	}
	if err := other.RemoveTOTP(ctx); err != nil {
		t.Error(err)
	}
	if f := must(c.SecondFactors(ctx))(t); f.TOTP || f.RecoveryCodes != 0 {
		t.Errorf("after the removal: %+v", f)
	}
}

// What only a browser makes is listed, named and taken away by a program too.
func TestPasskeysAndLinkedAccounts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := server.NewUser(t, "keyless", "Keyless")
	if list := must(c.Passkeys(ctx))(t); list == nil || len(list) != 0 {
		t.Errorf("passkeys: %+v", list)
	}
	if list := must(c.Identities(ctx))(t); list == nil || len(list) != 0 {
		t.Errorf("linked accounts: %+v", list)
	}
	if list := must(c.Providers(ctx))(t); len(list) != 0 {
		t.Errorf("providers: %+v", list)
	}
	for name, err := range map[string]error{
		"rename": second(c.RenamePasskey(ctx, contracts.NewID(contracts.PrefixPasskey), "Desk")),
		"remove": c.RemovePasskey(ctx, contracts.NewID(contracts.PrefixPasskey)),
		"unlink": c.RemoveIdentity(ctx, contracts.NewID(contracts.PrefixIdentity)),
	} {
		if !errors.Is(err, contracts.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Accounts, passwords and sessions by the codes of links.
func TestCodesOfLinks(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	owner := server.Client(t, servertest.Owner)
	none, err := dankerchat.New(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	invite := must(owner.CreateInvite(ctx, contracts.RoleMember, 1))(t)
	if offer := must(none.InviteOffer(ctx, invite.Code))(t); offer.WorkspaceName != "Test" || offer.Role != contracts.RoleMember || offer.Inviter.Username != servertest.Owner {
		t.Errorf("offer: %+v", offer)
	}
	link, _, err := owner.HandOver(ctx)
	if err != nil {
		t.Fatal(err)
	}
	there, err := dankerchat.New(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	if u := must(there.TakeOver(ctx, link))(t); u.Username != servertest.Owner {
		t.Errorf("taken over as %+v", u)
	}
	asks := must(none.BeginDeviceLogin(ctx))(t)
	if d := must(owner.DeviceRequest(ctx, asks.UserCode))(t); d.IP != "127.0.0.1" || d.ExpiresAt.IsZero() {
		t.Errorf("asks: %+v", d)
	}
	if err := owner.AnswerDevice(ctx, asks.UserCode, false); err != nil {
		t.Error(err)
	}
	if err := none.ForgotPassword(ctx, "nobody-here"); err != nil { // the answer is the same for all
		t.Error(err)
	}
	for name, err := range map[string]error{
		"reset":         none.ResetPassword(ctx, "no code", servertest.Password+"!"),
		"verify signup": second(none.VerifySignup(ctx, "no code")),
		"take over":     second(none.TakeOver(ctx, "no code")),
	} {
		if !errors.Is(err, contracts.ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := none.OpenSignup(ctx, dankerchat.NewAccount{Username: "stranger", DisplayName: "Stranger", Password: servertest.Password}); !errors.Is(err, contracts.ErrForbidden) {
		t.Errorf("open signup: %v", err)
	}
}

// A provider that signed one in may want to hear that one has left.
func TestLogoutLeadsToTheProvider(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status     int
		body, want string
		err        error
	}{
		"nowhere":            {204, ``, "", nil},
		"to the provider":    {200, `{"url":"https://id.example.org/end?client_id=x"}`, "https://id.example.org/end?client_id=x", nil},
		"to something else":  {200, `{"url":"javascript:alert(1)"}`, "", contracts.ErrInvalid},
		"to nothing":         {200, `{}`, "", contracts.ErrInvalid},
		"it has ended":       {401, `{"status":401,"code":"unauthenticated"}`, "", nil},
		"it cannot be ended": {503, `{"status":503,"code":"unavailable"}`, "", contracts.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(row.status)
				_, _ = w.Write([]byte(row.body))
			}))
			defer srv.Close()
			c, err := dankerchat.New(srv.URL, dankerchat.WithTokens(dankerchat.Tokens{Access: "a", Expires: time.Now().Add(time.Hour)}))
			if err != nil {
				t.Fatal(err)
			}
			next, err := c.LogoutURL(t.Context())
			if next != row.want || !errors.Is(err, row.err) {
				t.Errorf("got %q, %v", next, err)
			}
			if kept := c.Tokens().Access != ""; kept != (row.status == 503) {
				t.Errorf("the tokens are kept: %v", kept)
			}
		})
	}
}

// methods are those of the client for each operation on oneself; a word in brackets says
// why there is none.
var methods = map[string]string{
	"auth.login": "Login", "auth.refresh": "(by itself)", "auth.logout": "LogoutURL", "auth.signup": "OpenSignup", "auth.password": "ChangePassword",
	"auth.verify_signup": "VerifySignup", "auth.verify_email": "ConfirmEmail", "auth.forgot": "ForgotPassword", "auth.reset": "ResetPassword", "auth.reauth": "Reauth",
	"factor.read": "SecondFactors", "factor.remove": "RemoveTOTP", "factor.enrol": "EnrolTOTP", "factor.confirm": "ConfirmTOTP", "factor.verify": "VerifySecondFactor",
	"factor.renew_codes": "RenewRecoveryCodes",
	"passkey.begin":      "BeginPasskey", "passkey.create": "CreatePasskey", "passkey.begin_login": "BeginPasskeyLogin", "passkey.login": "FinishPasskeyLogin",
	"passkey.begin_proof": "BeginPasskeyProof", "passkey.prove": "ProvePasskey",
	"device.begin": "BeginDeviceLogin", "device.finish": "FinishDeviceLogin", "device.read": "DeviceRequest", "device.answer": "AnswerDevice",
	"session.take_over": "TakeOver", "provider.list": "Providers",
	"oidc.start": "(a browser's)", "oidc.callback": "(a browser's)", "oidc.logout": "(the provider's)", "auth.jwks": "(a verifier's)", "invite.read": "InviteOffer",
	"me.read": "Me", "me.update": "UpdateMe", "me.email": "Email", "me.resend_email": "ResendEmail", "me.cancel_email": "CancelEmail",
	"me.set_status": "SetStatus", "me.clear_status": "ClearStatus", "me.set_avatar": "SetAvatar", "me.remove_avatar": "RemoveAvatar",
	"muted_user.list": "MutedUsers", "muted_user.set": "MuteUser", "muted_user.remove": "UnmuteUser", "me.unread": "Unread", "login.list": "Logins",
	"session.list": "Sessions", "session.revoke_others": "RevokeOtherSessions", "session.hand_over": "HandOver", "session.revoke": "RevokeSession",
	"token.list": "APITokens", "token.create": "CreateToken", "token.rotate": "RotateToken", "token.revoke": "RevokeToken",
	"passkey.list": "Passkeys", "passkey.rename": "RenamePasskey", "passkey.remove": "RemovePasskey",
	"identity.list": "Identities", "identity.link": "(a browser's)", "identity.remove": "RemoveIdentity", "identity.prove": "(a browser's)",
}

func TestEveryOperationOnOneselfHasAMethod(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*dankerchat.Client]()
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`operationId: (\S+)\n\s+tags: \[(?:auth|me)\]`).FindAllSubmatch(contracts.OpenAPI, -1) {
		op := string(m[1])
		seen[op] = true
		method, known := methods[op]
		if _, has := client.MethodByName(method); !known || !has && !strings.HasPrefix(method, "(") {
			t.Errorf("%s has the method %q", op, method)
		}
	}
	for op := range methods {
		if !seen[op] {
			t.Errorf("there is no operation %s", op)
		}
	}
}
