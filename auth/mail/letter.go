package mail

import (
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"

	"github.com/dankerchat/dankerchat/auth"
)

//go:embed templates
var files embed.FS

var (
	words      = template.Must(template.ParseFS(files, "templates/words.tmpl"))
	textLayout = template.Must(template.ParseFS(files, "templates/layout.txt"))
	htmlLayout = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/layout.html"))
)

// letter is a mail in words.
type letter struct {
	Subject    string
	Name       string
	Paragraphs []string
	Link       string
	Button     string
	Workspace  string
	PublicURL  string
}

// said is what the words may mention. All of it is one line each.
type said struct {
	Workspace, By, IP, Client, When, Until string
}

// compose finds the words for a mail.
func (s *Sender) compose(ctx context.Context, m auth.Mail) (letter, error) {
	name := ""
	if s.cfg.Workspace != nil {
		name = line(s.cfg.Workspace(ctx))
	}
	if name == "" {
		name = "DankerChat"
	}
	about := said{Workspace: name, By: line(m.By), IP: line(m.IP), Client: line(m.Client), When: moment(m.At), Until: moment(m.ExpiresAt)}
	l := letter{Name: line(m.Name), Link: m.Link.Reveal(), Workspace: name, PublicURL: s.cfg.PublicURL}
	texts := map[string]string{}
	for _, part := range []string{"subject", "text", "button"} {
		var b strings.Builder
		if err := words.ExecuteTemplate(&b, string(m.Kind)+"."+part, about); err != nil {
			return l, fmt.Errorf("mail: no words for %q: %w", m.Kind, err)
		}
		texts[part] = b.String()
	}
	l.Subject, l.Button, l.Paragraphs = texts["subject"], texts["button"], strings.Split(texts["text"], "\n\n")
	return l, nil
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// render is the letter as text and as HTML.
func (l letter) render() (text, html string, err error) {
	var t, h strings.Builder
	if err := textLayout.Execute(&t, l); err != nil {
		return "", "", fmt.Errorf("mail: render text: %w", err)
	}
	if err := htmlLayout.Execute(&h, l); err != nil {
		return "", "", fmt.Errorf("mail: render HTML: %w", err)
	}
	return t.String(), h.String(), nil
}
