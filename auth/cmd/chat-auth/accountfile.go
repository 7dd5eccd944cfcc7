package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// maxAccountFile is the most that is read: some hundred thousand accounts.
const maxAccountFile = 64 << 20

// entry is one line of a file of accounts.
type entry struct {
	line int
	user auth.NewUser
	err  error // what is wrong with the line
}

// readAccounts reads a file of accounts, "-" for stdin. A file that cannot be read as a
// whole is an error; what is wrong with one line stands in its entry.
func readAccounts(c *cli.Context, path string) ([]entry, error) {
	in := c.App.Reader
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, cliutil.Usagef("--from-file: %v", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxAccountFile+1))
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	if len(text) > maxAccountFile {
		return nil, contracts.ErrTooLarge.With("the file is over 64 MiB").WithHint("Split it.")
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // spreadsheets write it
	read := readCSV
	if strings.HasSuffix(path, ".jsonl") || bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		read = readJSONL
	}
	entries, err := read(text)
	if err == nil && len(entries) == 0 {
		err = contracts.ErrInvalid.With("there are no accounts in it")
	}
	return entries, err
}

func malformed(message string) *contracts.Error {
	return &contracts.Error{Code: contracts.CodeMalformed, Message: message}
}

// passed are columns of an export that an import has no use for.
var passed = []string{"state", "id", "created_at", "type"}

func readCSV(text []byte) ([]entry, error) {
	r := csv.NewReader(bytes.NewReader(text))
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, malformed("no CSV: " + err.Error())
	}
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(accountColumns, header[i]) && !slices.Contains(passed, header[i]) {
			return nil, contracts.ErrInvalid.With(fmt.Sprintf("unknown column %q in line 1", name)).WithHint("The first line names the columns, separated by commas: " + strings.Join(accountColumns, ", ") + ".")
		}
		if slices.Contains(header[:i], header[i]) {
			return nil, contracts.ErrInvalid.With(fmt.Sprintf("the column %q is there twice", name))
		}
	}
	if !slices.Contains(header, "username") {
		return nil, contracts.ErrInvalid.With("there is no column username")
	}
	var entries []entry
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil && !errors.Is(err, csv.ErrFieldCount) {
			return nil, malformed("no CSV: " + err.Error())
		}
		e := entry{}
		e.line, _ = r.FieldPos(0)
		if err != nil {
			e.err = malformed(fmt.Sprintf("the line has %d fields, the first has %d", len(fields), len(header)))
		} else {
			e.fill(header, fields)
		}
		entries = append(entries, e)
	}
}

func (e *entry) fill(header, fields []string) {
	for i, value := range fields {
		value = strings.TrimSpace(value)
		if len(value) > 1 && value[0] == '\'' && strings.ContainsRune("=+-@\t", rune(value[1])) {
			value = value[1:] // which export put there
		}
		switch header[i] {
		case "username":
			e.user.Username = value
		case "display_name":
			e.user.DisplayName = value
		case "email":
			e.user.Email = value
		case "email_proved":
			e.user.EmailUnproved = !e.is("email_proved", value, true)
		case "role":
			e.user.Role = contracts.Role(value)
		case "bot":
			e.user.Bot = e.is("bot", value, false)
		}
	}
}

// is reads true or false; an empty field is what others are taken for.
func (e *entry) is(column, value string, others bool) bool {
	if value == "" {
		return others
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		e.err = contracts.Invalid("/"+column, column+" must be true or false")
	}
	return b
}

func readJSONL(text []byte) ([]entry, error) {
	var entries []entry
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		var kind struct{ Type string }
		if len(line) == 0 || json.Unmarshal(line, &kind) == nil && kind.Type == "page" { // the last line of an export
			continue
		}
		var a struct {
			account
			Type string `json:"type"`
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		e := entry{line: n}
		if err := d.Decode(&a); err != nil {
			e.err = malformed(strings.TrimPrefix(err.Error(), "json: "))
		}
		e.user = auth.NewUser{Username: a.Username, DisplayName: a.DisplayName, Email: a.Email, Role: a.Role, Bot: a.Bot, EmailUnproved: a.EmailProved != nil && !*a.EmailProved}
		entries = append(entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, malformed("no lines of JSON: " + err.Error())
	}
	return entries, nil
}
