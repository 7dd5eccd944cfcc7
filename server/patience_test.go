package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/pgbus"
)

// patience is how long a test waits for what must come, on a machine that has much else to
// do. It is longer than any deadline of the server's.
const patience = time.Minute

// slowly repeats what is refused because the machine had no time: a transaction may take
// five seconds, and then nothing of it is written. Who is told sooner that the database is
// busy is not asked again.
func slowly(do func() error) (err error) {
	for range 10 {
		began := time.Now()
		if err = do(); !errors.Is(err, contracts.ErrBusy) || time.Since(began) < 5*time.Second {
			return err
		}
	}
	return err
}

// listeningBus tells when what others say reaches it: before, typing and presence are lost.
type listeningBus struct {
	*pgbus.Bus
	once   sync.Once
	stands chan struct{}
}

func (b *listeningBus) Subscribe(ctx context.Context, fn func(messaging.Hint)) error {
	return b.Bus.Subscribe(ctx, func(h messaging.Hint) {
		b.once.Do(func() { close(b.stands) })
		fn(h)
	})
}
