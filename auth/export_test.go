package auth

import (
	"context"

	"github.com/dankerchat/dankerchat/contracts"
)

// Hashes is how many password hashes were computed so far.
func (s *Service) Hashes() int64 { return s.hasher.count.Load() }

// Walked is how much memory they went over, in KiB, all passes together.
func (s *Service) Walked() int64 { return s.hasher.walked.Load() }

// Occupy takes n places of the hash queue and the running slots, until release.
func (s *Service) Occupy(n int) (release func()) {
	for range cap(s.hasher.slots) {
		s.hasher.slots <- struct{}{}
	}
	for range n {
		s.hasher.places <- struct{}{}
	}
	return func() {
		for range n {
			<-s.hasher.places
		}
		for range cap(s.hasher.slots) {
			<-s.hasher.slots
		}
	}
}

// Places is how many take part in the hash queue.
func (s *Service) Places() int { return len(s.hasher.places) }

// Cached is how many credentials are believed.
func (s *Service) Cached() int {
	s.verified.mu.RLock()
	defer s.verified.mu.RUnlock()
	return len(s.verified.entries)
}

// WaitUses waits for the writer of last uses.
func (s *Service) WaitUses() { s.uses.wait() }

// WaitErrands waits for what is done beside the requests, and for mails that need no
// second try.
func (s *Service) WaitErrands() {
	s.chores.wait()
	s.outbox.wait()
}

// DefaultMaxFailures is how many failed logins of one account from one address there may be.
const DefaultMaxFailures = 5

// SignWith signs claims and headers with the active key, for tokens that issue never makes.
func (s *Service) SigningSeed(ctx context.Context) (kid string, key []byte, err error) {
	k, err := s.signing(ctx)
	return k.ID, k.private, err
}

// CleanDisplayName and CleanEmail are the rules alone.
func CleanDisplayName(s string) (string, error) {
	out, err := cleanDisplayName(s, "")
	if err != nil {
		return out, err
	}
	return out, nil
}

func CleanUsername(s string) (string, error) {
	out, err := cleanUsername(s)
	if err != nil {
		return out, err
	}
	return out, nil
}

func CleanEmail(s string) (string, error) {
	out, err := cleanEmail(s)
	if err != nil {
		return out, err
	}
	return out, nil
}

func CheckPassword(p Secret, names ...string) error {
	if err := checkPassword("/password", p, names...); err != nil {
		return err
	}
	return nil
}

// RequireFresh is what every sensitive change asks first.
func (s *Service) RequireFresh(ctx context.Context, actor contracts.Actor) error {
	return s.requireFresh(ctx, s.db.Read, actor)
}

// Square is what SetAvatar stores of a picture.
func Square(ctx context.Context, picture []byte) ([]byte, string, error) {
	return newPictures().square(ctx, picture)
}

// OccupyPictures keeps the decoder busy until release.
func (s *Service) OccupyPictures() (release func()) {
	if !s.pictures.room.TryAcquire(decodeBytes) {
		panic("the decoder is busy already")
	}
	return func() { s.pictures.room.Release(decodeBytes) }
}
