package auth

import "strings"

// DeviceName tells what a User-Agent header runs on, as people say it: "Firefox on
// Linux", "Safari on iPhone". It knows the browsers that people use and returns "" for
// everything else: programs say what they are themselves.
func DeviceName(userAgent string) string {
	if len(userAgent) > 512 {
		userAgent = userAgent[:512]
	}
	browser, system := match(userAgent, browsers), match(userAgent, systems)
	if browser == "" || system == "" {
		return ""
	}
	return browser + " on " + system
}

// mark is a word in a User-Agent and what it stands for.
type mark struct{ word, name string }

// The first that is there counts: browsers name those that they resemble as well.
var browsers = []mark{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"},
	{"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"}, {"YaBrowser/", "Yandex Browser"},
	{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"},
	{"Safari/", "Safari"}, // which the ones above say too
}

var systems = []mark{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"},
	{"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"}, {"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"},
}

func match(text string, marks []mark) string {
	for _, m := range marks {
		if strings.Contains(text, m.word) {
			return m.name
		}
	}
	return ""
}

// ClientLabel is what a client calls itself with what it runs on, as a sign-in takes
// them together: "web/0.1.0 (Firefox on Linux)".
func ClientLabel(client, device string) string {
	if device == "" {
		return client
	}
	return client + " (" + device + ")"
}

// clientParts takes a ClientLabel apart.
func clientParts(label string) (client, device string) {
	label = cleanLabel(label, 128)
	at := strings.LastIndex(label, " (")
	if at < 0 || !strings.HasSuffix(label, ")") {
		return cleanLabel(label, 100), ""
	}
	return cleanLabel(label[:at], 100), cleanLabel(strings.TrimSuffix(label[at+2:], ")"), 64)
}
