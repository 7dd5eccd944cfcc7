package workspace

import (
	"context"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// policyLife is how long the settings are believed when nobody tells of a change: the
// command line has changed them, and no hub follows the log here.
const policyLife = time.Second

// policy keeps in memory what the settings demand, which is asked whenever a credential
// is looked up.
type policy struct {
	read func(context.Context) (contracts.Settings, error)
	now  func() time.Time

	mu      sync.Mutex // guards what follows; nothing else is locked under it
	roles   []contracts.Role
	until   time.Time
	changes uint64
}

// requireSecondFactor returns the roles that need one. The list is not to be changed.
func (p *policy) requireSecondFactor(ctx context.Context) ([]contracts.Role, error) {
	p.mu.Lock()
	roles, known, changes := p.roles, p.now().Before(p.until), p.changes
	p.mu.Unlock()
	if known {
		return roles, nil
	}
	settings, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if changes == p.changes { // else what was read may be older than the change
		p.roles, p.until = settings.RequireSecondFactor, p.now().Add(policyLife)
	}
	return settings.RequireSecondFactor, nil
}

// apply takes note of an event of the log. It comes before auth's own: what auth forgets
// it looks up anew, and must find the new settings then.
func (p *policy) apply(ev contracts.Event) {
	if ev.Type != contracts.EventSettingsChanged {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until, p.changes = time.Time{}, p.changes+1
}

// hear is apply for what this process committed.
func (p *policy) hear(_ int64, notes []any) {
	for _, n := range notes {
		if ev, ok := n.(*contracts.Event); ok {
			p.apply(*ev)
		}
	}
}
