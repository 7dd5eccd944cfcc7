package auth_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// raceRounds is how often a race is run: five times, or as DANKERCHAT_RACE_ROUNDS says.
func raceRounds(t testing.TB) int {
	t.Helper()
	text := os.Getenv("DANKERCHAT_RACE_ROUNDS")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("DANKERCHAT_RACE_ROUNDS is %q, want a number above 0", text)
	}
	return n
}

func TestRecoveryCodeRaceHasOneWinner(t *testing.T) {
	each(t, func(w *world) {
		for round := range raceRounds(t) {
			name := fmt.Sprintf("somebody%d", round)
			_, codes, _ := w.enrol(w.user(name, contracts.RoleMember))
			var owing []contracts.Actor
			for range 5 {
				_, o := w.login(name)
				owing = append(owing, o)
			}
			errs := atOnce(len(owing), func(i int) error {
				_, err := w.VerifySecondFactor(w.ctx, owing[i], codes[round%len(codes)])
				return err
			})
			if n := w.won(errs, contracts.ErrBadCredentials); n != 1 {
				t.Errorf("%d of 5 signed in by one recovery code", n)
			}
		}
	}, withSeal)
}
