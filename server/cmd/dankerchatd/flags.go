package main

import (
	"net/netip"
	"net/url"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func databaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "db", EnvVars: []string{"DANKERCHAT_DB"}, Usage: "the database `URL`: sqlite:///path/file.db or postgres://user@host/name"},
		&cli.StringFlag{Name: "data-dir", EnvVars: []string{"DANKERCHAT_DATA_DIR"}, Usage: "the `DIRECTORY` of the embedded database, when --db is not given"},
	}
}

// databaseURL is --db, else the embedded database in --data-dir, else the default. A
// --data-dir that was typed counts more than a database that the environment names.
func databaseURL(c *cli.Context) string {
	command.WarnOfSecret(c)
	switch {
	case cliutil.Typed(c, "data-dir") && c.String("data-dir") != "" && !cliutil.Typed(c, "db"):
		return workspace.FileURL(c.String("data-dir"))
	case c.String("db") != "":
		return c.String("db")
	case c.String("data-dir") != "":
		return workspace.FileURL(c.String("data-dir"))
	}
	return workspace.DefaultURL()
}

func trustedProxies(list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			ip, ipErr := netip.ParseAddr(text)
			if ipErr != nil {
				return nil, cliutil.Usagef("--trusted-proxy %q is neither an address nor a network like 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		prefixes = append(prefixes, p.Masked())
	}
	return prefixes, nil
}

func limits(assignments []string) (server.Limits, error) {
	l := server.DefaultLimits()
	for _, a := range assignments {
		if err := l.Set(a); err != nil {
			return l, cliutil.Usagef("--limit: %s", err)
		}
	}
	return l, nil
}

// identityProviders reads --oidc-config; none when it is not given.
func identityProviders(path string, public *url.URL) ([]auth.OIDCProvider, error) {
	if path == "" {
		return nil, nil
	}
	if public == nil { // providers send people back to addresses that they know, not to what a request says
		return nil, cliutil.Usagef("--oidc-config needs --public-url").WithHint("Add --public-url https://…, the address that the providers send people back to.")
	}
	return workspace.LoadProviders(path)
}
