package admin

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Limits of the settings.
const (
	MaxName          = 80     // characters of the workspace's name
	MaxRetentionDays = 36_500 // a hundred years
)

// SettingsUpdate says what to change; nil leaves a thing as it is.
type SettingsUpdate struct {
	Name          *string `json:"name,omitempty"`           // 1–80 characters on one line
	Registration  *string `json:"registration,omitempty"`   // one of the Registration… constants
	RetentionDays *int64  `json:"retention_days,omitempty"` // 0 keeps messages for ever
	// RegistrationDomains are for RegistrationDomain, which needs at least one.
	RegistrationDomains *[]string `json:"registration_domains,omitempty"`
	// RequireSecondFactor are roles of the workspace; empty demands a second factor of nobody.
	RequireSecondFactor *[]contracts.Role `json:"require_second_factor,omitempty"`
	// ProfileFields replace those there are; at most MaxProfileFields. The values that
	// people gave to one that is gone are not asked for any more.
	ProfileFields *[]contracts.ProfileField `json:"profile_fields,omitempty"`
}

const settingsColumns = `name, registration, registration_domains, retention_days, require_second_factor, profile_fields, version, updated_at`

// Settings returns the workspace's settings. What of them is public is for the
// caller to say: the name and the registration are.
func (s *Service) Settings(ctx context.Context) (contracts.Settings, error) {
	return readSettings(ctx, s.db.Read)
}

func readSettings(ctx context.Context, q eventlog.Querier) (contracts.Settings, error) {
	var set contracts.Settings
	var updated int64
	var roles, fields, domains string
	err := q.QueryRowContext(ctx, `SELECT `+settingsColumns+` FROM settings WHERE id = 1`).
		Scan(&set.Name, &set.Registration, &domains, &set.RetentionDays, &roles, &fields, &set.Version, &updated)
	if err != nil {
		return set, fmt.Errorf("read settings: %w", err)
	}
	set.RequireSecondFactor = []contracts.Role{}
	for role := range strings.SplitSeq(roles, ",") {
		if role != "" {
			set.RequireSecondFactor = append(set.RequireSecondFactor, contracts.Role(role))
		}
	}
	if set.RegistrationDomains = strings.Split(domains, ","); domains == "" {
		set.RegistrationDomains = []string{}
	}
	set.UpdatedAt = time.UnixMilli(updated).UTC()
	set.ProfileFields, err = decodeProfileFields(fields)
	return set, err
}

// UpdateSettings changes settings, for whoever holds [contracts.PermManageSettings].
// ifVersion is the version that the change was made on: when it is not 0 and the
// settings have another one by now, the answer is [contracts.CodePrecondition] and
// nothing changes. An update that changes nothing keeps the version.
func (s *Service) UpdateSettings(ctx context.Context, actor contracts.Actor, u SettingsUpdate, ifVersion int64) (contracts.Settings, error) {
	if !actor.Can(contracts.PermManageSettings) {
		return contracts.Settings{}, forbidden(contracts.PermManageSettings)
	}
	u, err := u.clean()
	if err != nil {
		return contracts.Settings{}, err
	}
	var set contracts.Settings
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		after, err := s.updateTx(ctx, tx, actor, u, ifVersion)
		set = after
		return err
	})
	return set, err
}

// SetNameTx names the workspace, in the caller's transaction; for setting it up.
func (s *Service) SetNameTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, name string) error {
	if !actor.Can(contracts.PermManageSettings) {
		return forbidden(contracts.PermManageSettings)
	}
	u, err := SettingsUpdate{Name: &name}.clean()
	if err != nil {
		return err
	}
	_, err = s.updateTx(ctx, tx, actor, u, 0)
	return err
}

func (s *Service) updateTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, u SettingsUpdate, ifVersion int64) (contracts.Settings, error) {
	before, err := readSettings(ctx, tx)
	if err != nil {
		return before, err
	}
	if ifVersion != 0 && ifVersion != before.Version {
		return contracts.Settings{}, &contracts.Error{
			Code:    contracts.CodePrecondition,
			Message: fmt.Sprintf("the settings were changed meanwhile: they have version %d, not %d", before.Version, ifVersion),
			Hint:    "Read them again and repeat the change.",
		}
	}
	after := u.applied(before)
	if after.Registration == RegistrationDomain && len(after.RegistrationDomains) == 0 {
		return before, contracts.Invalid("/registration_domains", "registration by domain needs the domains").WithHint("Name at least one, as example.org.")
	}
	if reflect.DeepEqual(after, before) {
		return before, nil
	}
	after.Version, after.UpdatedAt = before.Version+1, s.now().UTC().Truncate(time.Millisecond)
	fields, err := encodeProfileFields(after.ProfileFields)
	if err != nil {
		return before, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE settings SET name = $1, registration = $2, retention_days = $3, require_second_factor = $4, profile_fields = $5, version = $6, updated_at = $7, registration_domains = $8 WHERE id = 1`,
		after.Name, after.Registration, after.RetentionDays, joined(after.RequireSecondFactor), fields, after.Version, after.UpdatedAt.UnixMilli(), strings.Join(after.RegistrationDomains, ","))
	if err != nil {
		return before, fmt.Errorf("update settings: %w", err)
	}
	ev := &contracts.Event{Type: contracts.EventSettingsChanged, Scope: contracts.ScopeWorkspace, Actor: actor.UserID, Subject: "workspace"}
	if ev.Data, err = payload(after); err != nil {
		return before, err
	}
	if err := eventlog.Append(ctx, tx, ev); err != nil {
		return before, fmt.Errorf("append %s: %w", ev.Type, err)
	}
	return after, s.RecordTx(ctx, tx, actor, "settings.update", "workspace", described(before), described(after))
}

func (u SettingsUpdate) applied(set contracts.Settings) contracts.Settings {
	if u.Name != nil {
		set.Name = *u.Name
	}
	if u.Registration != nil {
		set.Registration = *u.Registration
	}
	if u.RegistrationDomains != nil {
		set.RegistrationDomains = *u.RegistrationDomains
	}
	if u.RetentionDays != nil {
		set.RetentionDays = *u.RetentionDays
	}
	if u.RequireSecondFactor != nil {
		set.RequireSecondFactor = *u.RequireSecondFactor
	}
	if u.ProfileFields != nil {
		set.ProfileFields = *u.ProfileFields
	}
	return set
}

func joined(roles []contracts.Role) string {
	texts := make([]string, len(roles))
	for i, r := range roles {
		texts[i] = string(r)
	}
	return strings.Join(texts, ",")
}

func (u SettingsUpdate) clean() (SettingsUpdate, error) {
	if u.Name != nil {
		name := strings.TrimSpace(*u.Name)
		switch n := utf8.RuneCountInString(name); {
		case !utf8.ValidString(name):
			return u, contracts.Invalid("/name", "the name is not valid UTF-8")
		case n == 0:
			return u, contracts.Invalid("/name", "the name is empty")
		case n > MaxName:
			return u, contracts.Invalid("/name", "the name is too long: at most 80 characters")
		case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
			return u, contracts.Invalid("/name", "the name contains a control character").WithHint("It is one line of plain text.")
		case !strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.S, unicode.P) }):
			return u, contracts.Invalid("/name", "the name has nothing that can be seen")
		}
		u.Name = &name
	}
	if u.Registration != nil && !slices.Contains([]string{RegistrationOpen, RegistrationDomain, RegistrationInvite, RegistrationClosed}, *u.Registration) {
		return u, contracts.Invalid("/registration", `registration is "open", "domain", "invite" or "closed"`)
	}
	if u.RegistrationDomains != nil {
		domains, err := cleanDomains(*u.RegistrationDomains)
		if err != nil {
			return u, err
		}
		u.RegistrationDomains = &domains
	}
	if u.RetentionDays != nil && (*u.RetentionDays < 0 || *u.RetentionDays > MaxRetentionDays) {
		return u, contracts.Invalid("/retention_days", "retention_days is 0 (keep for ever) to 36500")
	}
	if u.RequireSecondFactor != nil {
		roles := []contracts.Role{}
		for _, info := range contracts.Roles() {
			if info.Scope == "workspace" && slices.Contains(*u.RequireSecondFactor, info.Name) {
				roles = append(roles, info.Name)
			}
		}
		for _, r := range *u.RequireSecondFactor {
			if !contracts.ValidRole(r) {
				return u, contracts.Invalid("/require_second_factor", "a role must be owner, admin, member or guest")
			}
		}
		u.RequireSecondFactor = &roles
	}
	if u.ProfileFields != nil {
		fields, err := cleanProfileFields(*u.ProfileFields)
		if err != nil {
			return u, err
		}
		u.ProfileFields = &fields
	}
	return u, nil
}

// Payload renders the Data of settings.changed events that have none, from the
// settings as they are now.
func (s *Service) Payload(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
	var data json.RawMessage
	for _, ev := range events {
		if ev.Type != contracts.EventSettingsChanged || ev.Data != nil {
			continue
		}
		if data == nil {
			set, err := readSettings(ctx, q)
			if err != nil {
				return err
			}
			if data, err = payload(set); err != nil {
				return err
			}
		}
		ev.Data = data
	}
	return nil
}

// payload is the public part of the settings.
func payload(set contracts.Settings) (json.RawMessage, error) {
	data, err := json.Marshal(map[string]any{"name": set.Name, "profile_fields": set.ProfileFields})
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return data, nil
}

func described(set contracts.Settings) map[string]any {
	return map[string]any{"name": set.Name, "registration": set.Registration, "registration_domains": set.RegistrationDomains, "retention_days": set.RetentionDays, "require_second_factor": set.RequireSecondFactor, "profile_fields": set.ProfileFields}
}
