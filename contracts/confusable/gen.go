//go:build ignore

// Makes table.txt from the confusables.txt of Unicode's security data, which stands at
// https://www.unicode.org/Public/security/15.0.0/confusables.txt.
package main

import (
	"bufio"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const header = `# Unicode confusables, version 15.0.0, cut to lower-case letters, marks and digits.
# © 2022 Unicode, Inc. Unicode License V3, https://www.unicode.org/terms_of_use.html
# Made by: go run gen.go confusables.txt
`

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go run gen.go confusables.txt")
	}
	in, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	twins := map[string][]rune{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		parts := strings.Split(line, ";")
		if len(parts) < 3 {
			continue
		}
		source := runes(parts[0])
		if r := source[0]; len(source) == 1 && unicode.In(r, unicode.L, unicode.M, unicode.Nd) && unicode.ToLower(r) == r {
			prototype := string(runes(parts[1]))
			twins[prototype] = append(twins[prototype], r)
		}
	}
	var out strings.Builder
	out.WriteString(header)
	for _, p := range slices.Sorted(maps.Keys(twins)) {
		slices.Sort(twins[p])
		fmt.Fprintf(&out, "%s\t%s\n", p, string(twins[p]))
	}
	if err := os.WriteFile("table.txt", []byte(out.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

func runes(hex string) (out []rune) {
	for field := range strings.FieldsSeq(strings.TrimPrefix(hex, "\ufeff")) {
		n, err := strconv.ParseUint(field, 16, 32)
		if err != nil {
			log.Fatal(err)
		}
		out = append(out, rune(n))
	}
	return out
}
