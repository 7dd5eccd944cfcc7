package server

import "net/http"

// A route is one operation: its id in openapi.yaml, where it is, what handles it.
// access.go says who may call it.
type route struct {
	op, method, path string
	handle           func(*Server, http.ResponseWriter, *request) error
}

// base is the prefix of every operation's path.
const base = "/api/v1"

// routes is the whole HTTP interface.
var routes = []route{
	{"meta.read", "GET", "/meta", (*Server).readMeta},
	{"health.live", "GET", "/health/live", (*Server).live},
	{"health.ready", "GET", "/health/ready", (*Server).ready},
	{"spec.openapi", "GET", "/openapi.json", (*Server).openAPIJSON},
	{"spec.openapi_yaml", "GET", "/openapi.yaml", (*Server).openAPIYAML},
	{"spec.asyncapi", "GET", "/asyncapi.yaml", (*Server).asyncAPI},
	{"client_log.send", "POST", "/client-logs", (*Server).sendClientLogs},

	{"setup.read", "GET", "/setup", (*Server).readSetup},
	{"setup.claim", "POST", "/setup", (*Server).claimSetup},

	{"auth.login", "POST", "/auth/login", (*Server).login},
	{"auth.refresh", "POST", "/auth/refresh", (*Server).refresh},
	{"auth.logout", "POST", "/auth/logout", (*Server).logout},
	{"auth.signup", "POST", "/auth/signup", (*Server).signup},
	{"auth.password", "PUT", "/auth/password", (*Server).changePassword},
	{"auth.forgot", "POST", "/auth/password/forgot", (*Server).forgot},
	{"auth.reset", "POST", "/auth/password/reset", (*Server).resetPassword},
	{"auth.reauth", "POST", "/auth/reauth", (*Server).reauth},
	{"factor.read", "GET", "/auth/2fa", (*Server).readFactors},
	{"factor.enrol", "POST", "/auth/2fa/enrol", (*Server).enrolTOTP},
	{"factor.confirm", "POST", "/auth/2fa/confirm", (*Server).confirmTOTP},
	{"factor.verify", "POST", "/auth/2fa/verify", (*Server).verifyFactor},
	{"factor.renew_codes", "POST", "/auth/2fa/recovery-codes", (*Server).renewRecoveryCodes},
	{"factor.remove", "DELETE", "/auth/2fa", (*Server).removeTOTP},
	{"passkey.begin", "POST", "/auth/passkeys/register/begin", (*Server).beginPasskey},
	{"passkey.create", "POST", "/auth/passkeys/register/finish", (*Server).createPasskey},
	{"passkey.begin_login", "POST", "/auth/passkeys/login/begin", (*Server).beginPasskeyLogin},
	{"passkey.login", "POST", "/auth/passkeys/login/finish", (*Server).loginByPasskey},
	{"passkey.begin_proof", "POST", "/auth/passkeys/verify/begin", (*Server).beginPasskeyProof},
	{"passkey.prove", "POST", "/auth/passkeys/verify/finish", (*Server).proveByPasskey},
	{"auth.jwks", "GET", "/auth/jwks.json", (*Server).readKeySet},
	{"device.begin", "POST", "/auth/device", (*Server).beginDevice},
	{"device.finish", "POST", "/auth/device/token", (*Server).finishDevice},
	{"device.read", "GET", "/auth/device/{user_code}", (*Server).readDevice},
	{"device.answer", "POST", "/auth/device/approve", (*Server).answerDevice},
	{"session.take_over", "POST", "/auth/handover", (*Server).takeOver},
	{"invite.read", "GET", "/invites/{code}", (*Server).readInvite},

	{"me.read", "GET", "/me", (*Server).readMe},
	{"me.update", "PATCH", "/me", (*Server).updateMe},
	{"me.set_status", "PUT", "/me/status", (*Server).setStatus},
	{"me.clear_status", "DELETE", "/me/status", (*Server).clearStatus},
	{"me.set_avatar", "PUT", "/me/avatar", (*Server).setAvatar},
	{"me.remove_avatar", "DELETE", "/me/avatar", (*Server).removeAvatar},
	{"me.unread", "GET", "/me/unread", (*Server).listUnread},
	{"session.list", "GET", "/me/sessions", (*Server).listSessions},
	{"session.revoke_others", "DELETE", "/me/sessions", (*Server).revokeOtherSessions},
	{"session.hand_over", "POST", "/me/sessions/hand-over", (*Server).handOver},
	{"session.revoke", "DELETE", "/me/sessions/{session}", (*Server).revokeSession},
	{"token.list", "GET", "/me/tokens", (*Server).listTokens},
	{"token.create", "POST", "/me/tokens", (*Server).createToken},
	{"token.rotate", "POST", "/me/tokens/{token}/rotate", (*Server).rotateToken},
	{"token.revoke", "DELETE", "/me/tokens/{token}", (*Server).revokeToken},
	{"passkey.list", "GET", "/me/passkeys", (*Server).listPasskeys},
	{"passkey.rename", "PATCH", "/me/passkeys/{passkey}", (*Server).renamePasskey},
	{"passkey.remove", "DELETE", "/me/passkeys/{passkey}", (*Server).removePasskey},

	{"user.list", "GET", "/users", (*Server).listUsers},
	{"user.read", "GET", "/users/{user}", (*Server).readUser},
	{"user.avatar", "GET", "/users/{user}/avatar", (*Server).readAvatar},
	{"presence.list", "GET", "/presence", (*Server).listPresence},
	{"role.list", "GET", "/roles", (*Server).listRoles},

	{"channel.list", "GET", "/channels", (*Server).listChannels},
	{"channel.create", "POST", "/channels", (*Server).createChannel},
	{"channel.by_name", "GET", "/channels/by-name/{name}", (*Server).readChannelByName},
	{"channel.read", "GET", "/channels/{channel}", (*Server).readChannel},
	{"channel.update", "PATCH", "/channels/{channel}", (*Server).updateChannel},
	{"channel.archive", "POST", "/channels/{channel}/archive", (*Server).archiveChannel},
	{"channel.unarchive", "POST", "/channels/{channel}/unarchive", (*Server).unarchiveChannel},
	{"channel.join", "POST", "/channels/{channel}/join", (*Server).joinChannel},
	{"channel.leave", "POST", "/channels/{channel}/leave", (*Server).leaveChannel},
	{"member.list", "GET", "/channels/{channel}/members", (*Server).listMembers},
	{"member.add", "POST", "/channels/{channel}/members", (*Server).addMembers},
	{"member.update", "PATCH", "/channels/{channel}/members/{user}", (*Server).updateMember},
	{"member.remove", "DELETE", "/channels/{channel}/members/{user}", (*Server).removeMember},

	{"dm.list", "GET", "/dms", (*Server).listDirects},
	{"dm.open", "POST", "/dms", (*Server).openDirect},
	{"conversation.list", "GET", "/conversations", (*Server).listConversations},
	{"conversation.read", "GET", "/conversations/{conversation}", (*Server).readConversation},
	{"message.list", "GET", "/conversations/{conversation}/messages", (*Server).listMessages},
	{"message.post", "POST", "/conversations/{conversation}/messages", (*Server).postMessage},
	{"conversation.mark_read", "PUT", "/conversations/{conversation}/read", (*Server).markRead},
	{"conversation.mark_unread", "PUT", "/conversations/{conversation}/unread-from", (*Server).markUnread},
	{"conversation.mark_all_read", "POST", "/read-all", (*Server).markAllRead},
	{"message.read", "GET", "/messages/{message}", (*Server).readMessage},
	{"message.edit", "PATCH", "/messages/{message}", (*Server).editMessage},
	{"message.delete", "DELETE", "/messages/{message}", (*Server).deleteMessage},
	{"message.history", "GET", "/messages/{message}/history", (*Server).listRevisions},

	{"sync.read", "GET", "/sync", (*Server).readSync},
	{"socket.open", "GET", "/ws", (*Server).openSocket},

	{"admin.overview", "GET", "/admin/overview", (*Server).readOverview},
	{"settings.read", "GET", "/admin/settings", (*Server).readSettings},
	{"settings.update", "PATCH", "/admin/settings", (*Server).updateSettings},
	{"admin_user.list", "GET", "/admin/users", (*Server).adminListUsers},
	{"admin_user.create", "POST", "/admin/users", (*Server).adminCreateUser},
	{"admin_user.update", "PATCH", "/admin/users/{user}", (*Server).adminUpdateUser},
	{"admin_user.reset_factors", "POST", "/admin/users/{user}/reset-2fa", (*Server).resetFactors},
	{"admin_user.reset_link", "POST", "/admin/users/{user}/reset-link", (*Server).createResetLink},
	{"admin_channel.list", "GET", "/admin/channels", (*Server).adminListChannels},
	{"admin_channel.update", "PATCH", "/admin/channels/{channel}", (*Server).adminUpdateChannel},
	{"invite.list", "GET", "/admin/invites", (*Server).listInvites},
	{"invite.create", "POST", "/admin/invites", (*Server).createInvite},
	{"invite.revoke", "DELETE", "/admin/invites/{invite}", (*Server).revokeInvite},
	{"audit.list", "GET", "/admin/audit", (*Server).listAudit},
	{"audit.verify", "POST", "/admin/audit/verify", (*Server).verifyAudit},
	{"retention.run", "POST", "/admin/retention/run", (*Server).runRetention},
}
