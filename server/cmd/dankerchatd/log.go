package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// writeUTC sets how all of the process's logs write times; once, for some may write already.
var writeUTC = sync.OnceFunc(func() {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
})

// newLogger writes JSON lines, or text for a person at a terminal.
func newLogger(w io.Writer, format, level string) (zerolog.Logger, error) {
	lvl, err := zerolog.ParseLevel(level)
	if err != nil || level == "" || lvl < zerolog.DebugLevel || lvl > zerolog.ErrorLevel {
		return zerolog.Nop(), cliutil.Usagef("--log-level %q is none of debug, info, warn, error", level)
	}
	writeUTC()
	switch format {
	case "json":
	case "auto":
		if term.IsTerminal(int(os.Stderr.Fd())) {
			w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
		}
	case "text":
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: true}
	default:
		return zerolog.Nop(), cliutil.Usagef("--log-format %q is none of auto, json, text", format)
	}
	return zerolog.New(w).Level(lvl).With().Timestamp().Logger(), nil
}
