package command

import (
	"net/url"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// PublicURL reads --public-url, the address under which people reach the server; nil when
// it is not given.
func PublicURL(c *cli.Context) (*url.URL, error) {
	text := c.String("public-url")
	if text == "" {
		return nil, nil //nolint:nilnil // not given is a value
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, cliutil.Usagef("--public-url %q is not the address of a server", text).WithHint("Give one of the form https://chat.example.com.")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// LinkBase is what a link to the server begins with, "" without --public-url.
func LinkBase(c *cli.Context) (string, error) {
	u, err := PublicURL(c)
	if err != nil || u == nil {
		return "", err
	}
	return u.String(), nil
}
