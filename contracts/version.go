package contracts

import (
	_ "embed"
	"runtime"
	"runtime/debug"
	"strings"
)

//go:embed VERSION
var majorMinor string

// Stamped by make through -ldflags -X; empty in a plain go build.
var (
	version string
	commit  string
	built   string
)

// Build says which program this is.
type Build struct {
	Version string `json:"version"` // 0.1.57
	Commit  string `json:"commit"`  // abbreviated, "" when unknown
	Built   string `json:"built"`   // date, "" when unknown
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// CurrentBuild returns what make stamped, else the module version that go install
// recorded, else MAJOR.MINOR.0 with the commit from the build info.
func CurrentBuild() Build {
	b := Build{Version: version, Commit: commit, Built: built, Go: strings.TrimPrefix(runtime.Version(), "go"), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if b.Version == "" && info.Main.Version != "" && info.Main.Version != "(devel)" && !strings.Contains(info.Main.Version, "-") {
			b.Version = strings.TrimPrefix(info.Main.Version, "v")
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && b.Commit == "" && len(s.Value) >= 7:
				b.Commit = s.Value[:7]
			case s.Key == "vcs.time" && b.Built == "" && len(s.Value) >= 10:
				b.Built = s.Value[:10]
			}
		}
	}
	if b.Version == "" {
		b.Version = strings.TrimSpace(majorMinor) + ".0"
	}
	return b
}
