package messaging

import "time"

// SetReadWindow changes the second for which reads are gathered. It comes before the first.
func SetReadWindow(c *ReadCoalescer, d time.Duration) { c.every = d }
