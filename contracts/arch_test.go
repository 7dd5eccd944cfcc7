package contracts_test

import (
	"bufio"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The dependency rule of docs/architecture.md: arrows point down, from clients and server to
// the libraries to contracts; the libraries never know one another. It is checked on the import
// lines of every Go file and the require lines of every go.mod.

const ours = "github.com/dankerchat/dankerchat/"

var (
	libraries = []string{"auth", "messaging", "channels", "admin"}
	drivers   = []string{"github.com/jackc/pgx", "modernc.org/sqlite", "github.com/lib/pq", "github.com/mattn/go-sqlite3"}
)

// A goFile is what the rule looks at: where the file is, below the repository's top, and what
// it imports.
type goFile struct {
	path    string
	pkg     string
	imports []string
}

func (f goFile) dir() string { return path.Dir(f.path) }
func (f goFile) test() bool  { return strings.HasSuffix(f.path, "_test.go") }
func (f goFile) main() bool  { return f.pkg == "main" }
func (f goFile) top() string { return strings.SplitN(f.path, "/", 2)[0] }
func (f goFile) in(folder string) bool {
	return f.dir() == folder || strings.HasPrefix(f.path, folder+"/")
}

// composes tells whether the file belongs to a command line or an example, which wire things
// together: a folder cmd or examples stands in its path.
func (f goFile) composes() bool {
	segments := strings.Split(f.dir(), "/")
	return slices.Contains(segments, "cmd") || slices.Contains(segments, "examples")
}

func TestDependencyRule(t *testing.T) {
	t.Parallel()
	root := ".."
	files := readGoFiles(t, root)
	for _, f := range files {
		for _, problem := range f.violations() {
			t.Errorf("%s: %s", f.path, problem)
		}
	}
	modules := readModules(t, root)
	for folder, requires := range modules {
		for _, problem := range moduleViolations(folder, requires) {
			t.Errorf("%s/go.mod: %s", folder, problem)
		}
	}

	// In the repository all parts are there; this test in contracts alone, as a module from the
	// proxy, checks contracts alone.
	if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
		for _, part := range append([]string{"contracts", "server", "clients/go", "clients/cli"}, libraries...) {
			if _, ok := modules[part]; !ok {
				t.Errorf("no go.mod in %s: this test looks in the wrong place", part)
			}
		}
	}
	if len(files) == 0 {
		t.Error("no Go file found: this test looks in the wrong place")
	}
}

// violations says what the file imports against the rule.
func (f goFile) violations() []string {
	var problems []string
	refuse := func(imported, why string) { problems = append(problems, "imports "+imported+": "+why) }
	for _, imported := range f.imports {
		third := strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") && !strings.HasPrefix(imported, ours)
		sibling, isOurs := strings.CutPrefix(imported, ours)

		switch {
		case f.test():
		case f.dir() == "contracts" && (third || isOurs):
			refuse(imported, "contracts imports the standard library only")
		case f.dir() == "contracts/eventlog" && third:
			refuse(imported, "contracts/eventlog imports the standard library and contracts only")
		case f.dir() == "contracts/confusable" && third && !within(imported, "golang.org/x/text"):
			refuse(imported, "contracts/confusable imports the standard library and golang.org/x/text only")
		case f.dir() == "contracts/sqldb" && third && !within(imported, "github.com/pressly/goose/v3"):
			refuse(imported, "contracts/sqldb imports the standard library, contracts and goose only")
		}
		if slices.ContainsFunc(drivers, func(driver string) bool { return within(imported, driver) }) &&
			!f.test() && !f.main() && !f.in("server/pgbus") && !f.in("contracts/sqldb/sqldbtest") {
			refuse(imported, "only main packages, server/pgbus, sqldbtest and tests import database drivers")
		}
		if !isOurs {
			continue
		}
		if within(sibling, "contracts/cliutil") && !f.in("contracts/cliutil") && !f.in("server/workspace/command") && !f.composes() {
			refuse(imported, "only cmd/ and what it shares in server/workspace/command import cliutil")
		}
		if within(sibling, "server/workspace/command") && !f.in("server/workspace/command") && !f.composes() && !f.test() {
			refuse(imported, "only cmd/ imports what the command lines share")
		}
		if why := mayImport(f, sibling); why != "" {
			refuse(imported, why)
		}
	}
	return problems
}

// mayImport says why f must not import the package of ours that is named below the prefix; ""
// means that it may.
func mayImport(f goFile, sibling string) string {
	if within(sibling, "contracts") {
		return ""
	}
	switch top := f.top(); {
	case top == "contracts":
		return "contracts imports none of the parts that share it"
	case slices.Contains(libraries, top):
		switch {
		case within(sibling, top):
			return ""
		case f.composes() && strings.Contains(f.path, "/cmd/"):
			if within(sibling, "clients") {
				return "a library's command line wires libraries, it is no client"
			}
			return ""
		case within(sibling, "server"), within(sibling, "clients"):
			return "arrows point down, from clients and server to the libraries"
		default:
			return "the libraries never import one another; say what is needed in deps.go"
		}
	case top == "server" && within(sibling, "clients") && !f.test():
		return "arrows point down: the server knows no client"
	case top == "clients" && !within(sibling, "clients") && !f.test():
		return "a client knows the server by its API: contracts and the SDK only"
	}
	return ""
}

// moduleViolations says which modules of ours the go.mod in folder requires against the rule:
// each library is independent to the letter.
func moduleViolations(folder string, requires []string) []string {
	var problems []string
	for _, required := range requires {
		sibling, isOurs := strings.CutPrefix(required, ours)
		if !isOurs || sibling == "contracts" {
			continue
		}
		library, _, _ := strings.Cut(folder, "/")
		switch {
		case folder == "contracts":
			problems = append(problems, "requires "+required+": contracts requires none of the parts that share it")
		case slices.Contains(libraries, folder):
			problems = append(problems, "requires "+required+": a library requires contracts and third parties, never a sibling")
		case strings.HasSuffix(folder, "/examples") && sibling != library:
			problems = append(problems, "requires "+required+": an example shows one library alone")
		}
	}
	return problems
}

// within tells whether the import path is parent or below it.
func within(imported, parent string) bool {
	return imported == parent || strings.HasPrefix(imported, parent+"/")
}

func readGoFiles(t *testing.T, root string) []goFile {
	t.Helper()
	var files []goFile
	walk(t, root, func(file, below string) {
		if !strings.HasSuffix(below, ".go") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Errorf("parse: %v", err)
			return
		}
		f := goFile{path: below, pkg: parsed.Name.Name}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Errorf("%s: import %s: %v", below, spec.Path.Value, err)
			}
			f.imports = append(f.imports, imported)
		}
		files = append(files, f)
	})
	return files
}

// readModules returns what each go.mod requires, by its folder below root.
func readModules(t *testing.T, root string) map[string][]string {
	t.Helper()
	modules := map[string][]string{}
	walk(t, root, func(file, below string) {
		if path.Base(below) != "go.mod" {
			return
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		defer f.Close()
		requires, block := []string{}, ""
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			switch {
			case len(fields) == 0:
			case len(fields) >= 2 && fields[1] == "(":
				block = fields[0]
			case fields[0] == ")":
				block = ""
			case block == "require":
				requires = append(requires, fields[0])
			case block == "" && fields[0] == "require" && len(fields) > 1:
				requires = append(requires, fields[1])
			}
		}
		modules[path.Dir(below)] = requires
	})
	return modules
}

// walk calls fn for the files of our parts, with the path below root too; what builds and
// package managers put there is left out.
func walk(t *testing.T, root string, fn func(file, below string)) {
	t.Helper()
	for _, part := range append([]string{"contracts", "server", "clients"}, libraries...) {
		start := filepath.Join(root, part)
		if _, err := os.Stat(start); err != nil {
			continue
		}
		err := filepath.WalkDir(start, func(file string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a folder of somebody else's moment
			}
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if name := entry.Name(); name == "node_modules" || name == "testdata" || name == "dist" || strings.HasPrefix(name, ".") {
					return fs.SkipDir
				}
				return nil
			}
			below, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			fn(file, filepath.ToSlash(below))
			return nil
		})
		if err != nil {
			t.Fatalf("walk: %v", err)
		}
	}
}

// The rule itself is tested: what it must refuse, and what it must let pass.
func TestDependencyRuleRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		file     string
		pkg      string
		imported string
		refused  bool
	}{
		{"a third party in contracts", "contracts/user.go", "contracts", "github.com/rs/zerolog", true},
		{"sqldb in the contracts root", "contracts/user.go", "contracts", ours + "contracts/sqldb", true},
		{"the standard library in contracts", "contracts/user.go", "contracts", "encoding/json", false},
		{"a third party in a test of contracts", "contracts/user_test.go", "contracts_test", "pgregory.net/rapid", false},
		{"a library in a test of contracts", "contracts/user_test.go", "contracts_test", ours + "auth", true},
		{"a third party in eventlog", "contracts/eventlog/read.go", "eventlog", "github.com/pressly/goose/v3", true},
		{"sqldb in eventlog", "contracts/eventlog/read.go", "eventlog", ours + "contracts/sqldb", false},
		{"goose in sqldb", "contracts/sqldb/migrate.go", "sqldb", "github.com/pressly/goose/v3", false},
		{"zerolog in sqldb", "contracts/sqldb/write.go", "sqldb", "github.com/rs/zerolog", true},
		{"x/text in confusable", "contracts/confusable/confusable.go", "confusable", "golang.org/x/text/unicode/norm", false},
		{"zerolog in confusable", "contracts/confusable/confusable.go", "confusable", "github.com/rs/zerolog", true},
		{"a driver in sqldb", "contracts/sqldb/sqldb.go", "sqldb", "github.com/jackc/pgx/v5/stdlib", true},
		{"a driver in sqldbtest", "contracts/sqldb/sqldbtest/each.go", "sqldbtest", "modernc.org/sqlite", false},
		{"a sibling in a library", "auth/user.go", "auth", ours + "messaging", true},
		{"a sibling in a library's test", "auth/user_test.go", "auth_test", ours + "messaging", true},
		{"a sibling in a library's package below", "channels/internal/x/x.go", "x", ours + "admin", true},
		{"the library itself in its test", "auth/user_test.go", "auth_test", ours + "auth", false},
		{"a sibling in an example", "auth/examples/main.go", "main", ours + "channels", true},
		{"a driver in an example", "auth/examples/main.go", "main", "modernc.org/sqlite", false},
		{"the server in a library", "messaging/hub.go", "messaging", ours + "server/workspace", true},
		{"a driver in a library", "messaging/message.go", "messaging", "modernc.org/sqlite", true},
		{"a driver in a library's test", "messaging/message_test.go", "messaging_test", "modernc.org/sqlite", false},
		{"the workspace in a command line", "auth/cmd/chat-auth/main.go", "main", ours + "server/workspace", false},
		{"the SDK in a library's command line", "auth/cmd/chat-auth/main.go", "main", ours + "clients/go", true},
		{"cliutil in a command line", "auth/cmd/chat-auth/main.go", "main", ours + "contracts/cliutil", false},
		{"cliutil in what command lines share", "server/workspace/command/user.go", "command", ours + "contracts/cliutil", false},
		{"what command lines share in one of them", "auth/cmd/chat-auth/user.go", "main", ours + "server/workspace/command", false},
		{"what command lines share in the server", "server/users.go", "server", ours + "server/workspace/command", true},
		{"what command lines share in the workspace", "server/workspace/people.go", "workspace", ours + "server/workspace/command", true},
		{"cliutil in a library", "auth/user.go", "auth", ours + "contracts/cliutil", true},
		{"cliutil in the server", "server/routes.go", "server", ours + "contracts/cliutil", true},
		{"a driver in the server", "server/routes.go", "server", "github.com/jackc/pgx/v5", true},
		{"a driver in pgbus", "server/pgbus/pgbus.go", "pgbus", "github.com/jackc/pgx/v5", false},
		{"a driver in dankerchatd", "server/cmd/dankerchatd/main.go", "main", "github.com/jackc/pgx/v5/stdlib", false},
		{"libraries in the server", "server/channels.go", "server", ours + "channels", false},
		{"a client in the server", "server/channels.go", "server", ours + "clients/go", true},
		{"the server in the SDK", "clients/go/client.go", "dankerchat", ours + "server", true},
		{"the server in the SDK's test", "clients/go/client_test.go", "dankerchat_test", ours + "server", false},
		{"the SDK in the command line", "clients/cli/cmd/dankerchat/main.go", "main", ours + "clients/go", false},
		{"a library in the command line", "clients/cli/cmd/dankerchat/main.go", "main", ours + "messaging", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			problems := goFile{path: tc.file, pkg: tc.pkg, imports: []string{tc.imported}}.violations()
			if refused := len(problems) > 0; refused != tc.refused {
				t.Errorf("%s imports %s: refused %v (%q), want %v", tc.file, tc.imported, refused, problems, tc.refused)
			}
		})
	}
	for _, tc := range []struct {
		folder, required string
		refused          bool
	}{
		{"auth", ours + "contracts", false},
		{"auth", ours + "messaging", true},
		{"contracts", ours + "auth", true},
		{"channels/examples", ours + "channels", false},
		{"channels/examples", ours + "messaging", true},
		{"auth/cmd/chat-auth", ours + "server", false},
	} {
		if refused := len(moduleViolations(tc.folder, []string{tc.required})) > 0; refused != tc.refused {
			t.Errorf("%s/go.mod requires %s: refused %v, want %v", tc.folder, tc.required, refused, tc.refused)
		}
	}
}
