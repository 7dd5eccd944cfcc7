//go:build !ackbeforecommit

package sqldb

// acknowledgeEarly does nothing. The control build for the crash rounds, made with the
// tag ackbeforecommit, puts a version in its place that breaks the promise, so that the
// rounds prove that they would notice.
func acknowledgeEarly(*batch, []*request, []error) {}
