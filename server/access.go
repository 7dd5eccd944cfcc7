package server

import (
	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// A rule says who may call an operation. Gate and permission are enforced here,
// before the handler; the relation to the object is enforced by the library, in the
// transaction that acts, where no race can pass it. What has no rule is refused.
type rule struct {
	gate gate
	// perm is what the caller's workspace role must allow and an API token's scopes
	// must include; "" asks for nothing.
	perm contracts.Permission
	// scope is what an API token's scopes must include besides, also where the role
	// does not decide, as for the owner of a channel.
	scope contracts.Permission
	// owing lets a session in that still owes a second factor, or its enrolment: it may
	// prove it, look at itself and leave.
	owing bool
	// needs is the relation to the object. Who lacks it and cannot see the object
	// gets 404, who sees it 403.
	needs relation
}

type gate int

const (
	everybody gate = iota + 1 // credentials are not asked for
	signedIn                  // a session or an API token
	bySession                 // a session: an API token may not, whatever its scopes
)

type relation string

const (
	none            relation = ""
	ownOnly         relation = "own"                  // the caller's own things are all there is
	acquainted      relation = "acquainted"           // a guest sees those who share a conversation
	participant     relation = "participant"          // takes part in the conversation
	canSee          relation = "can see"              // a member, or the channel is public and the caller no guest
	channelOwner    relation = "channel owner"        // or may manage channels
	channelMod      relation = "channel moderator"    // or owner, or may manage channels; everybody themselves
	author          relation = "author"               // of the message
	authorOrMod     relation = "author or moderator"  // a channel's owner and moderator, or may moderate
	ownOrManager    relation = "own or manager"       // own invites, or may manage users
	above           relation = "above"                // the target's role is below the caller's; owners act on owners
	currentPassword relation = "knows their password" // and says it
)

const (
	readMessages   = contracts.PermReadMessages
	writeMessages  = contracts.PermWriteMessages
	readChannels   = contracts.PermReadChannels
	manageChannels = contracts.PermManageChannels
	readUsers      = contracts.PermReadUsers
	manageUsers    = contracts.PermManageUsers
	manageTokens   = contracts.PermManageTokens
	manageSettings = contracts.PermManageSettings
	invite         = contracts.PermInvite
	readAudit      = contracts.PermReadAudit
)

// access is the authorization table: every operation of routes.go, and every
// operation of the socket under "socket ". testdata/access.txt holds the answers
// that each kind of caller must get, written by hand.
var access = map[string]rule{
	"meta.read":           {gate: everybody},
	"health.live":         {gate: everybody},
	"health.ready":        {gate: everybody},
	"spec.openapi":        {gate: everybody},
	"spec.openapi_yaml":   {gate: everybody},
	"spec.asyncapi":       {gate: everybody},
	"client_log.send":     {gate: everybody},
	"setup.read":          {gate: everybody},
	"setup.claim":         {gate: everybody},
	"auth.login":          {gate: everybody},
	"auth.refresh":        {gate: everybody},
	"auth.signup":         {gate: everybody},
	"auth.forgot":         {gate: everybody},
	"auth.verify_signup":  {gate: everybody},
	"auth.verify_email":   {gate: everybody}, // the code decides
	"auth.reset":          {gate: everybody}, // the code decides
	"auth.jwks":           {gate: everybody},
	"device.begin":        {gate: everybody},
	"device.finish":       {gate: everybody}, // whoever holds the device's code
	"session.take_over":   {gate: everybody}, // whoever holds the link
	"passkey.begin_login": {gate: everybody},
	"passkey.login":       {gate: everybody},
	"provider.list":       {gate: everybody},
	"oidc.start":          {gate: everybody},
	"oidc.callback":       {gate: everybody}, // the state says who began it
	"oidc.logout":         {gate: everybody}, // a token that the provider signed says whom it is about
	"invite.read":         {gate: everybody},
	"socket.open":         {gate: everybody}, // "socket hello" decides

	"auth.logout":           {gate: bySession, owing: true},
	"auth.password":         {gate: bySession, needs: currentPassword},
	"auth.reauth":           {gate: bySession, owing: true, needs: currentPassword},
	"factor.read":           {gate: bySession, owing: true, needs: ownOnly},
	"factor.enrol":          {gate: bySession, owing: true, needs: ownOnly},
	"factor.confirm":        {gate: bySession, owing: true, needs: ownOnly},
	"factor.verify":         {gate: bySession, owing: true, needs: ownOnly},
	"factor.renew_codes":    {gate: bySession, needs: ownOnly},
	"factor.remove":         {gate: bySession, needs: ownOnly},
	"passkey.begin":         {gate: bySession, owing: true, needs: ownOnly},
	"passkey.create":        {gate: bySession, owing: true, needs: ownOnly},
	"passkey.begin_proof":   {gate: bySession, owing: true, needs: ownOnly},
	"passkey.prove":         {gate: bySession, owing: true, needs: ownOnly},
	"passkey.list":          {gate: bySession, needs: ownOnly},
	"passkey.rename":        {gate: bySession, needs: ownOnly},
	"passkey.remove":        {gate: bySession, needs: ownOnly},
	"me.read":               {gate: signedIn, owing: true, needs: ownOnly},
	"me.update":             {gate: bySession, needs: ownOnly},
	"me.email":              {gate: bySession, needs: ownOnly},
	"me.resend_email":       {gate: bySession, needs: ownOnly},
	"me.cancel_email":       {gate: bySession, needs: ownOnly},
	"me.set_status":         {gate: bySession, needs: ownOnly},
	"me.clear_status":       {gate: bySession, needs: ownOnly},
	"me.set_avatar":         {gate: bySession, needs: ownOnly},
	"me.remove_avatar":      {gate: bySession, needs: ownOnly},
	"me.unread":             {gate: signedIn, perm: readMessages, needs: ownOnly},
	"muted_user.list":       {gate: signedIn, perm: readMessages, needs: ownOnly},
	"muted_user.set":        {gate: signedIn, perm: writeMessages, needs: acquainted},
	"muted_user.remove":     {gate: signedIn, perm: writeMessages, needs: ownOnly},
	"device.read":           {gate: bySession},
	"device.answer":         {gate: bySession},
	"session.hand_over":     {gate: bySession, needs: ownOnly},
	"login.list":            {gate: bySession, needs: ownOnly},
	"session.list":          {gate: bySession, needs: ownOnly},
	"session.revoke":        {gate: bySession, needs: ownOnly},
	"session.revoke_others": {gate: bySession, needs: ownOnly},
	"identity.list":         {gate: bySession, needs: ownOnly},
	"identity.link":         {gate: bySession, needs: ownOnly},
	"identity.prove":        {gate: bySession, needs: ownOnly},
	"identity.remove":       {gate: bySession, needs: ownOnly},
	"token.list":            {gate: bySession, perm: manageTokens, needs: ownOnly},
	"token.create":          {gate: bySession, perm: manageTokens, needs: ownOnly},
	"token.rotate":          {gate: bySession, perm: manageTokens, needs: ownOnly},
	"token.revoke":          {gate: bySession, perm: manageTokens, needs: ownOnly},

	"user.list":     {gate: signedIn, perm: readUsers, needs: acquainted},
	"user.read":     {gate: signedIn, perm: readUsers, needs: acquainted},
	"user.avatar":   {gate: signedIn, perm: readUsers, needs: acquainted},
	"presence.list": {gate: signedIn, perm: readUsers, needs: acquainted},
	"role.list":     {gate: signedIn},

	"channel.list":      {gate: signedIn, perm: readChannels, needs: canSee},
	"channel.create":    {gate: signedIn, perm: contracts.PermCreateChannels},
	"channel.by_name":   {gate: signedIn, perm: readChannels, needs: canSee},
	"channel.read":      {gate: signedIn, perm: readChannels, needs: canSee},
	"channel.update":    {gate: signedIn, scope: manageChannels, needs: channelOwner},
	"channel.archive":   {gate: signedIn, scope: manageChannels, needs: channelOwner},
	"channel.unarchive": {gate: signedIn, scope: manageChannels, needs: channelOwner},
	"channel.join":      {gate: signedIn, perm: writeMessages, needs: canSee},
	"channel.leave":     {gate: signedIn, perm: writeMessages, needs: participant},
	"member.list":       {gate: signedIn, perm: readChannels, needs: canSee},
	"member.add":        {gate: signedIn, perm: writeMessages, needs: participant},
	"member.update":     {gate: signedIn, scope: manageChannels, needs: channelOwner},
	"member.remove":     {gate: signedIn, scope: manageChannels, needs: channelMod},

	"dm.list":                    {gate: signedIn, perm: readMessages, needs: ownOnly},
	"dm.open":                    {gate: signedIn, perm: writeMessages, needs: acquainted},
	"conversation.list":          {gate: signedIn, perm: readMessages, needs: ownOnly},
	"conversation.read":          {gate: signedIn, perm: readMessages, needs: participant},
	"conversation.mark_read":     {gate: signedIn, perm: readMessages, needs: participant},
	"conversation.mark_unread":   {gate: signedIn, perm: readMessages, needs: participant},
	"conversation.mark_all_read": {gate: signedIn, perm: readMessages, needs: ownOnly},
	"message.list":               {gate: signedIn, perm: readMessages, needs: participant},
	"message.post":               {gate: signedIn, perm: writeMessages, needs: participant},
	"message.read":               {gate: signedIn, perm: readMessages, needs: participant},
	"message.edit":               {gate: signedIn, perm: writeMessages, needs: author},
	"message.delete":             {gate: signedIn, perm: writeMessages, needs: authorOrMod},
	"message.history":            {gate: signedIn, perm: readMessages, needs: participant},
	"sync.read":                  {gate: signedIn, perm: readMessages, scope: readUsers, needs: ownOnly},

	"socket hello":        {gate: signedIn, perm: readMessages},
	"socket message.send": {gate: signedIn, perm: writeMessages, needs: participant},
	"socket read":         {gate: signedIn, perm: readMessages, needs: participant},
	"socket typing":       {gate: signedIn, perm: writeMessages, needs: participant},
	"socket focus":        {gate: signedIn, perm: readMessages},
	"socket presence.set": {gate: signedIn, perm: readMessages},

	"admin.overview":           {gate: signedIn, perm: manageSettings},
	"settings.read":            {gate: signedIn, perm: manageSettings},
	"settings.update":          {gate: signedIn, perm: manageSettings},
	"admin_user.list":          {gate: signedIn, perm: manageUsers},
	"admin_user.create":        {gate: signedIn, perm: manageUsers, needs: above},
	"admin_user.update":        {gate: signedIn, perm: manageUsers, needs: above},
	"admin_user.sessions":      {gate: signedIn, perm: manageUsers},
	"admin_user.end_sessions":  {gate: signedIn, perm: manageUsers, needs: above},
	"admin_user.delete":        {gate: signedIn, perm: manageUsers, needs: above},
	"admin_user.reset_factors": {gate: signedIn, perm: manageUsers, needs: above},
	"admin_user.reset_link":    {gate: signedIn, perm: manageUsers, needs: above},
	"admin_channel.list":       {gate: signedIn, perm: manageChannels},
	"admin_channel.update":     {gate: signedIn, perm: manageChannels},
	"invite.list":              {gate: signedIn, perm: invite, needs: ownOrManager},
	"invite.create":            {gate: signedIn, perm: invite, needs: above},
	"invite.revoke":            {gate: signedIn, perm: invite, needs: ownOrManager},
	"audit.list":               {gate: signedIn, perm: readAudit},
	"audit.verify":             {gate: signedIn, perm: readAudit},
	"retention.run":            {gate: signedIn, perm: manageSettings},
}

// permit enforces the table for op. The zero Actor is nobody.
func (s *Server) permit(op string, actor contracts.Actor) error {
	r, ok := s.cfg.access[op]
	switch {
	case !ok:
		return contracts.ErrForbidden.With("no rule allows this operation")
	case r.gate == everybody:
		return nil
	case actor.UserID == "":
		return contracts.ErrUnauthenticated.WithHint("Sign in, or send Authorization: Bearer with a token.")
	case r.gate == bySession && actor.SessionID == "":
		return contracts.ErrForbidden.With("an API token may not do this").WithHint("Sign in with a password.")
	case !r.owing && actor.Owes != "":
		return auth.Owing(actor)
	case r.perm != "" && !actor.Can(r.perm):
		return lacks(actor, r.perm)
	case r.scope != "" && !actor.InScope(r.scope):
		return lacks(actor, r.scope)
	}
	return nil
}

func lacks(actor contracts.Actor, perm contracts.Permission) error {
	if !actor.InScope(perm) {
		return contracts.ErrForbidden.With("the API token lacks the scope " + string(perm))
	}
	return contracts.ErrForbidden.With("your role does not allow this (" + string(perm) + ")")
}
