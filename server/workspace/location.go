package workspace

import (
	"os"
	"path/filepath"
	"runtime"
)

// DataDir is where DankerChat keeps its data when nothing says otherwise:
// $DANKERCHAT_DATA_DIR, else the platform's directory for an application's data.
func DataDir() string {
	if dir := os.Getenv("DANKERCHAT_DATA_DIR"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dankerchat")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "dankerchat-data" // beside the program's working directory: there is no home
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "dankerchat")
	case "windows":
		if dir := os.Getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "dankerchat")
		}
	}
	return filepath.Join(home, ".local", "share", "dankerchat")
}

// DefaultURL is the database when nothing says otherwise: $DANKERCHAT_DB, else
// dankerchat.db in [DataDir].
func DefaultURL() string {
	if url := os.Getenv("DANKERCHAT_DB"); url != "" {
		return url
	}
	return FileURL(DataDir())
}

// FileURL is the URL of the SQLite database in a data directory.
func FileURL(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return "sqlite://" + filepath.ToSlash(filepath.Join(dir, "dankerchat.db"))
}
