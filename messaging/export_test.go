package messaging

import "time"

// Waiting returns how many posts wait behind the batch that is being written.
func Waiting(s *Service) int {
	s.posts.mu.Lock()
	defer s.posts.mu.Unlock()
	return len(s.posts.waiting)
}

// SetReadWindow changes the second for which reads are gathered. It comes before the first.
func SetReadWindow(c *ReadCoalescer, d time.Duration) { c.every = d }
