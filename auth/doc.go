// Package auth knows who people are: users and their roles, passwords, sessions,
// API tokens, invites, and how a workspace gets its first owner. It stores all of it
// in SQLite or PostgreSQL, logs every change that others must hear of, and imports
// nothing of messaging, channels or administration.
//
// # Start here
//
// Two programs in a module of their own show all of it: examples/signin mounts login,
// refresh, logout, who-am-I and passkeys on a mux of its own, examples/directory keeps
// the people in the program's own table. In a request's way there are three calls:
// [Service.Login] (or a passkey, or a provider) once, [Service.Authenticate] for each
// request, [Service.Refresh] when the access token is about to end. [Owing] says whether
// a second factor is still to come; who owes one may do nothing else.
//
// # What is promised, and what is not
//
// A credential that was revoked is refused at once by this process, and within
// Config.CacheTTL by every other one on the database, even if it hears of nothing. A
// secret is shown once and stored as a hash. An unknown user and a wrong password get
// the same answer at the same cost. However many sign in at once, memory stays that of a
// few computations. Each act is one transaction with its event.
//
// It speaks no HTTP, keeps no cookies and checks no origins: that is for the program's
// handlers ([contracts.Code.Status] maps errors). It is no authorization engine: it knows
// four roles and the permissions of contracts, not what belongs to whom. It speaks OpenID
// Connect as a client and not as a provider; no SAML, no LDAP, no SMS.
//
// # Opening it
//
// [New] takes a migrated database. Each method takes a context, then the
// [contracts.Actor] on whose behalf it is called; [contracts.Operator] is somebody
// at the machine, who may do everything.
//
//	db, err := sqldb.Open(ctx, "sqlite:///srv/chat.db", sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, auth.Migrations}})
//	service, err := auth.New(ctx, db, auth.Config{})
//
// # Whose request is this?
//
// [Service.Authenticate] answers that for every transport and every kind of
// credential: the secret of a browser's cookie, an access token, an API token. It
// holds what it verified in memory, finds it there in under a microsecond, and drops
// it when the session, token or user changes: at once for changes by this process,
// by [Service.Apply] for others', and after Config.CacheTTL (15 s) in any case.
//
// # Signing in
//
// [Service.Login] checks a password and starts a session; [Service.StartSession]
// starts one without. Both return a [SignedIn] with three secrets: one for a cookie,
// an access token of a few minutes (JWT, EdDSA), and a refresh token that
// [Service.Refresh] trades for the next pair. Using a refresh token twice ends its
// session. A session ends when it is not used for Config.SessionIdle, after
// Config.SessionMax, by [Service.Logout], [Service.RevokeSession], a new password,
// suspension, or the end of the passkey or linked account that began it, itself or by
// letting it in. [Service.Logins] is a user's history of all of them, and of those that
// failed.
//
// Failed logins are counted in the database, by account with address and by address
// ([LoginLimits]). Unknown users cost and get the same as wrong passwords. Passwords
// are hashed with argon2id behind a bounded queue ([HashParams]): a flood is answered
// with [contracts.ErrBusy], and memory stays that of a few computations. With
// Config.Peppers the hashes need a key besides the database ([Pepper]).
//
// # Passkeys
//
// A passkey signs in alone, pays a second factor, or is a fresh proof (WebAuthn Level 3).
// Each ceremony has two calls, with the browser between them: [Service.BeginPasskey] and
// [Service.FinishPasskey] make one, [Service.BeginPasskeyLogin] and
// [Service.FinishPasskeyLogin] sign in, [Service.BeginPasskeyProof] and
// [Service.FinishPasskeyProof] prove who is in a session. The first call returns options
// for navigator.credentials, the second takes what it answered; both are the JSON forms
// of the standard. A challenge lives five minutes, works once, whatever comes of it, and
// only in the session, or the browser, that began it. [RelyingPartyAt] says for which
// pages. Package passkeytest is an authenticator for tests.
//
// # Getting an account
//
// The first owner claims the workspace with a code that [Service.NewClaim] made:
// [Service.PrepareClaim], then [Service.ClaimTx] in the transaction that makes the
// rest of the workspace. Everybody else is invited ([Service.CreateInvite],
// [Service.Signup]) or made by an administrator ([Service.CreateUser]).
// Config.OnUserCreated runs in the transaction of each, so that a new user is in the
// default channels from the first moment.
//
// Config.SignupAllowed and Config.OpenSignup decide who may come without an
// administrator; see [Joining]. An invite may be for one address; it may be taken along
// to an identity provider ([OIDCStart]).
//
// # Addresses
//
// An address signs in, and gets mails. It counts as its user's, for [OIDCProvider]'s
// LinkByVerifiedEmail and [Service.ByProvedEmail], once it is proved: by a link that was
// mailed there (sign-up, reset, invite, change), by a provider, or because an
// administrator made the account with it. Users change theirs by [Service.UpdateUser],
// which with a [Mailer] waits for [Service.ConfirmEmail].
//
// # People of your own
//
// A program that has a table of users sets Config.Directory, two methods that find
// somebody by login and by key. Names, role and suspension are then the table's: they
// are looked at whenever somebody signs in or refreshes, and whenever a credential is
// looked up anew, so a change holds within Config.CacheTTL, or at once by
// [Service.Mirror]. Passwords, second factors, passkeys, sessions, tokens and profiles
// work as ever; making and changing people here answers [contracts.ErrConflict].
// Accounts from before are said to be somebody by [Service.LinkPerson].
//
// # Going
//
// [Service.Suspend] locks somebody out and keeps everything. [Service.DeleteUser] erases
// the person for good and leaves "Deleted user" under the id; the names are free again.
//
// # Roles
//
// Owner, admin, member, guest. One acts on users with a role below one's own, owners
// on owners too; one gives at most one's own role; an API token makes no owner. The
// workspace keeps at least one active owner. The actor's role is read again in the
// transaction of each such change. See [Service.SetRoleTx] and [Service.SuspendTx].
//
// # Names and profiles
//
// User names are canonical by PRECIS (RFC 8265, UsernameCaseMapped), of one writing
// system, and unique by what they look like (UTS #39); see [Service.CreateUser]. A
// name that a user leaves stays theirs ([MaxFormerNames]): [Service.ByUsername] finds
// them by it, and nobody else can take it. [Service.UpdateUser] changes names and
// profile, [Service.SetStatus] what a user is doing, [Service.SetAvatar] the picture,
// which is decoded within bounds and encoded anew.
//
// # Inside somebody's transaction
//
// Methods named …Tx write in the caller's [sqldb.DB.Write], with its rules: the
// closure's own context, nothing slow. X is Write and XTx. So whoever keeps an audit
// log writes its entry in the transaction of the act. What is slow, hashing, is
// prepared before ([Service.PrepareUser], [Service.PrepareClaim],
// [Service.PreparePassword], [Service.PrepareOwnPassword]). A secret that a …Tx method
// returns is worth nothing, and a credential that it revokes is refused, from the
// commit on.
//
// # Events
//
// user.created, user.updated, user.suspended, user.restored to every member;
// session.revoked, token.revoked to the user; key.rotated to instances. They carry
// their payload, and [Service.Payload] makes it anew for a replay. Email addresses
// are in no event.
//
// # What is secret and where
//
// A [Secret] prints as "[redacted]" wherever it goes; [Secret.Reveal] gives its text.
// Session secrets, refresh tokens, API tokens, invite codes and claim codes hold 128
// to 256 random bits and are stored as SHA-256. Passwords are stored as argon2id PHC
// strings. The Ed25519 signing keys are stored in the clear in the table
// signing_keys: whoever can read the database can make access tokens, and so can a
// backup's finder. Access tokens alone are not enough, their session must exist; call
// [Service.RotateKey] and end the sessions when a copy got lost.
//
// # Housekeeping
//
// Call [Service.Prune] every few minutes, and [Service.Close] before the database is
// closed.
package auth
