package auth_test

import (
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/confusable"
)

// The migration gives names that were there before it the skeleton that the program
// computes: these names held a-z, 0-9, dot, underscore and hyphen alone.
func TestLooksOfOldNames(t *testing.T) {
	t.Parallel()
	migration := strings.NewReplacer("m", "rn", "1", "l", "0", "O")
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789._-" {
		name := "a" + string(c)
		if got, want := confusable.Skeleton(name), migration.Replace(name); got != want {
			t.Errorf("%q: the migration writes %q, the program %q", name, want, got)
		}
	}
}
