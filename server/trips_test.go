package server

import (
	"math"
	"strconv"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// Who asks, what they may, how often and who they are is known without a look at the
// database: a post is its transaction (BEGIN with the lock, what it is checked against,
// all that it writes, COMMIT). No hint goes to other instances when there is none.
func TestAPostAsksTheDatabaseForNothingElse(t *testing.T) {
	t.Parallel()
	trips := sqldbtest.CountTrips(t, freshDatabase(t, sqldb.Postgres))
	w := serve(t, trips.URL)
	owner := w.setUp()
	general := owner.channel("general").ID
	least := int64(math.MaxInt64) // the watch over the log's head asks in between, a few times a second
	for i := 0; i < 30 || least > 4 && i < 300; i++ {
		before := trips.Count()
		owner.must(201, "POST", "/conversations/"+general+"/messages", map[string]any{"text": "hello", "client_msg_id": "m" + strconv.Itoa(i)}, nil)
		least = min(least, trips.Count()-before)
	}
	if least > 4 {
		t.Errorf("a post took %d round trips, want 4", least)
	}
}
