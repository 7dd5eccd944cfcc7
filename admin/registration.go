package admin

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
)

// How people get an account. Invites work in every mode but the last.
const (
	RegistrationOpen   = "open"   // whoever likes to
	RegistrationDomain = "domain" // whoever proves an address of RegistrationDomains
	RegistrationInvite = "invite" // by an invite
	RegistrationClosed = "closed" // not even by one: only administrators make accounts
)

// MaxRegistrationDomains is how many domains may be named.
const MaxRegistrationDomains = 50

// cleanDomains checks domain names; the lower case of each, sorted, each once.
func cleanDomains(domains []string) ([]string, error) {
	clean := []string{}
	for _, d := range domains {
		d = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(d), "@"))
		if a, err := mail.ParseAddress("x@" + d); err != nil || a.Address != "x@"+d || !strings.Contains(d, ".") || strings.ContainsAny(d, ",[]") || len(d) > 253 {
			return nil, contracts.Invalid("/registration_domains", "not the name of a domain").WithHint("Give names as example.org.")
		}
		clean = append(clean, d)
	}
	slices.Sort(clean)
	if clean = slices.Compact(clean); len(clean) > MaxRegistrationDomains {
		return nil, contracts.Invalid("/registration_domains", "at most 50 domains")
	}
	return clean, nil
}

// InDomains tells whether an address is of one of the domains; of a subdomain it is not.
func InDomains(domains []string, address string) bool {
	at := strings.LastIndexByte(address, '@')
	return at > 0 && slices.Contains(domains, strings.ToLower(address[at+1:]))
}
