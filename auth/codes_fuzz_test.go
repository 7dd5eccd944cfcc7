package auth_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// seedCodes are near misses of every kind of code there is.
func seedCodes(f *testing.F, good ...string) {
	f.Helper()
	for _, s := range slices.Concat(good, []string{
		"", " ", "-", "BCDF-GHJK", "bcdf ghjk", "BCDFGHJ1", "dkd_", "dkl_", "dkt_", "dkr_", "\x00", "é", "' OR 1=1 --", "../../x", strings.Repeat("B", 65),
		"dkd_" + strings.Repeat("a", 43), "dkl_" + strings.Repeat("a", 43), "dkl_" + strings.Repeat("é", 43), strings.Repeat("A", 22),
	}) {
		f.Add(s)
		f.Add(s + "\n")
		f.Add(strings.ToLower(s))
	}
}

// refused fails unless err has one of the codes.
func refused(t *testing.T, input string, err error, codes ...contracts.Code) {
	t.Helper()
	if err == nil || !slices.Contains(codes, contracts.CodeOf(err)) {
		t.Errorf("%q: %v", input, err)
	}
}

func FuzzInviteCode(f *testing.F) {
	w := fuzzWorld(f)
	i, err := w.CreateInvite(context.Background(), contracts.Operator, auth.NewInvite{})
	if err != nil {
		f.Fatal(err)
	}
	seedCodes(f, i.Code)
	f.Fuzz(func(t *testing.T, code string) {
		if _, err := w.InviteByCode(context.Background(), auth.Secret(code)); strings.TrimSpace(code) != i.Code {
			refused(t, code, err, contracts.CodeNotFound, contracts.CodeGone)
		}
	})
}

func FuzzDeviceCode(f *testing.F) {
	w := fuzzWorld(f)
	d, err := w.BeginDevice(context.Background(), "fuzz", "")
	if err != nil {
		f.Fatal(err)
	}
	seedCodes(f, d.DeviceCode.Reveal(), d.UserCode)
	f.Fuzz(func(t *testing.T, code string) {
		if code == d.DeviceCode.Reveal() {
			return // which waits
		}
		_, err := w.FinishDevice(context.Background(), auth.Secret(code), "")
		refused(t, code, err, contracts.CodeExpiredToken)
	})
}

func FuzzUserCode(f *testing.F) {
	w := fuzzWorld(f)
	in, err := w.StartSession(context.Background(), w.owner.UserID, auth.SignInProof{})
	if err != nil {
		f.Fatal(err)
	}
	actor := w.owner
	actor.SessionID = in.Session.ID
	seedCodes(f)
	f.Fuzz(func(t *testing.T, typed string) {
		_, err := w.AnswerDevice(context.Background(), actor, typed, true)
		refused(t, typed, err, contracts.CodeInvalid, contracts.CodeNotFound, contracts.CodeRateLimited)
	})
}

func FuzzLinkCode(f *testing.F) {
	w := fuzzWorld(f)
	seedCodes(f)
	f.Fuzz(func(t *testing.T, code string) {
		_, err := w.TakeOver(context.Background(), auth.Secret(code), "", "")
		refused(t, code, err, contracts.CodeGone)
	})
}
