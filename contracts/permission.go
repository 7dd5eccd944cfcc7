package contracts

import "slices"

// Role is a built-in role, of the workspace or of one channel.
type Role string

// Roles of the workspace, from most to least.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
	RoleGuest  Role = "guest"
)

// Roles in a channel.
const (
	ChannelOwner     Role = "owner"
	ChannelModerator Role = "moderator"
	ChannelMember    Role = "member"
)

// Permission names something that a role allows and that an API token may be
// scoped to.
type Permission string

// Permissions.
const (
	PermReadMessages   Permission = "messages:read"
	PermWriteMessages  Permission = "messages:write"
	PermReadChannels   Permission = "channels:read"
	PermCreateChannels Permission = "channels:create"
	PermManageChannels Permission = "channels:manage" // any channel: rename, archive, owner, members
	PermMentionAll     Permission = "mentions:all"
	PermReadUsers      Permission = "users:read"
	PermManageUsers    Permission = "users:manage" // roles, suspend, restore
	PermInvite         Permission = "users:invite"
	PermManageTokens   Permission = "tokens:manage" // one's own
	PermManageSettings Permission = "settings:manage"
	PermReadAudit      Permission = "audit:read"
	PermModerate       Permission = "messages:moderate" // delete others' messages
)

// RoleInfo describes a role for GET /roles and the documents.
type RoleInfo struct {
	Name        Role         `json:"name"`
	Scope       string       `json:"scope"` // workspace or channel
	Permissions []Permission `json:"permissions"`
}

var memberPermissions = []Permission{PermReadMessages, PermWriteMessages, PermReadChannels, PermCreateChannels, PermMentionAll, PermReadUsers, PermInvite, PermManageTokens}

var adminPermissions = append(slices.Clone(memberPermissions), PermManageChannels, PermManageUsers, PermManageSettings, PermReadAudit, PermModerate)

// Roles lists the built-in roles with what each allows.
func Roles() []RoleInfo {
	return []RoleInfo{
		{RoleOwner, "workspace", adminPermissions},
		{RoleAdmin, "workspace", adminPermissions},
		{RoleMember, "workspace", memberPermissions},
		{RoleGuest, "workspace", []Permission{PermReadMessages, PermWriteMessages, PermReadChannels, PermReadUsers}},
		{ChannelOwner, "channel", []Permission{PermReadMessages, PermWriteMessages, PermManageChannels, PermModerate, PermMentionAll}},
		{ChannelModerator, "channel", []Permission{PermReadMessages, PermWriteMessages, PermModerate, PermMentionAll}},
		{ChannelMember, "channel", []Permission{PermReadMessages, PermWriteMessages}},
	}
}

// ValidRole reports whether r is a role of the workspace.
func ValidRole(r Role) bool { return r.rank() > 0 }

func (r Role) rank() int {
	switch r {
	case RoleOwner:
		return 4
	case RoleAdmin:
		return 3
	case RoleMember:
		return 2
	case RoleGuest:
		return 1
	}
	return 0
}

// Above reports whether workspace role r stands above other. Nobody may act on a
// user whose role is not below their own, but owners may act on owners.
func (r Role) Above(other Role) bool { return r.rank() > other.rank() }

// Permissions returns what a workspace role allows.
func (r Role) Permissions() []Permission {
	for _, info := range Roles() {
		if info.Scope == "workspace" && info.Name == r {
			return info.Permissions
		}
	}
	return nil
}

// Can reports whether the actor's workspace role allows p and, for an API token,
// whether its scopes do. The operator may do everything.
func (a Actor) Can(p Permission) bool {
	if a.Operator {
		return true
	}
	return slices.Contains(a.Role.Permissions(), p) && a.InScope(p)
}

// InScope reports whether an API token's scopes include p; true without a token. A
// session that owes a proof may do nothing: false.
func (a Actor) InScope(p Permission) bool {
	return a.Owes == "" && (a.Scopes == nil || slices.Contains(a.Scopes, "*") || slices.Contains(a.Scopes, string(p)))
}
