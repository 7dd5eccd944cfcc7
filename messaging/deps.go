package messaging

import (
	"context"

	"github.com/dankerchat/dankerchat/contracts"
)

// People is what messaging needs to know about users; whoever keeps the accounts
// implements it (package auth does).
type People interface {
	// Refs returns the names of the users that exist among ids, suspended ones
	// included. It is called for every post and must answer from memory as a rule.
	Refs(ctx context.Context, ids []string) (map[string]contracts.UserRef, error)
	// ByUsername returns the ids of the active users among names (lower case).
	ByUsername(ctx context.Context, names []string) (map[string]string, error)
}

// ref returns one user's name; of an unknown user only the id is known.
func (s *Service) ref(ctx context.Context, id string) (contracts.UserRef, error) {
	refs, err := s.refs(ctx, []string{id})
	if err != nil {
		return contracts.UserRef{}, err
	}
	return refs(id), nil
}

// refs looks names up together and returns a lookup that never fails.
func (s *Service) refs(ctx context.Context, ids []string) (func(string) contracts.UserRef, error) {
	found, err := s.people.Refs(ctx, unique(ids))
	if err != nil {
		return nil, err
	}
	return func(id string) contracts.UserRef {
		if r, ok := found[id]; ok {
			return r
		}
		return contracts.UserRef{ID: id}
	}, nil
}

// unique returns ids without repeats and without "", in their order.
func unique(ids []string) []string {
	out := make([]string, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
