//go:build unix && !linux

package sqldbtest

const memory = "/dev/null"

func inMemory() bool { return false }
