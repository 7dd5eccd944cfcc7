package sqldb

import (
	"strconv"
	"strings"
	"testing"
)

func TestParametersInOrderLoseTheirNames(t *testing.T) {
	t.Parallel()
	many := func(mark func(i int) string) string {
		parts := make([]string, 20)
		for i := range parts {
			parts[i] = mark(i + 1)
		}
		return strings.Join(parts, ", ")
	}
	dollars, questions := many(func(i int) string { return "$" + strconv.Itoa(i) }), many(func(int) string { return "?" })
	for query, want := range map[string]string{
		"INSERT INTO t VALUES (" + dollars + ")":               "INSERT INTO t VALUES (" + questions + ")",
		"SELECT cast($1 AS bigint) WHERE a IN (" + dollars[4:]: "SELECT cast(? AS bigint) WHERE a IN (" + questions[3:],
		"SELECT $1":                            "SELECT $1",                              // few: not worth it
		"SELECT $1, $1, " + dollars[4:]:        "SELECT $1, $1, " + dollars[4:],          // one twice
		"SELECT $2, $1, " + dollars[8:]:        "SELECT $2, $1, " + dollars[8:],          // another order
		"SELECT '$5', " + dollars:              "SELECT '$5', " + dollars,                // a text with a dollar
		"SELECT 1 -- $1\n, " + dollars:         "SELECT 1 -- $1\n, " + dollars,           // a comment with one
		`SELECT "a?b", ` + dollars:             `SELECT "a?b", ` + dollars,               // a name with a mark
		"SELECT a$1, " + dollars[4:]:           "SELECT a$1, " + dollars[4:],             // a dollar in a name
		"SELECT $01, " + dollars[4:]:           "SELECT $01, " + dollars[4:],             // another name for 1
		"SELECT 'it''s', " + dollars + ", 'x'": "SELECT 'it''s', " + questions + ", 'x'", // quotes without dollars
		"SELECT " + dollars + "x":              "SELECT " + dollars + "x",
		"SELECT " + dollars + ", :name":        "SELECT " + dollars + ", :name",
		"SELECT ?, " + dollars:                 "SELECT ?, " + dollars,
	} {
		if got := numberless(query); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", query, got, want)
		}
	}
}
