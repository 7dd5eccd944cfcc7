package contracts

// Hint returns what to do next about an error of this code when the error itself
// says nothing: a sentence for a person, at a program's interface as in a form. It is
// "" where the message is the whole advice, as for [CodeInvalid], whose message is
// the rule.
func (c Code) Hint() string { return hints[c] }

var hints = map[Code]string{
	CodeUnknownField:         "Leave it out.",
	CodeMalformed:            "Check how the request is written.",
	CodeUnauthenticated:      "Sign in again, or use a token that is valid.",
	CodeBadCredentials:       "Check both; an administrator can set a new password.",
	CodeSuspended:            "Ask an administrator of the workspace.",
	CodeForbidden:            "Ask somebody who may do it.",
	CodeCSRF:                 "Open the workspace under its own address.",
	CodeNotFound:             "Check the name or id; what you may not see is not found either.",
	CodeNameTaken:            "Choose another name.",
	CodeArchived:             "Unarchive it first.",
	CodeLastOwner:            "Make somebody else an owner first.",
	CodeAlreadySetUp:         "Sign in, or ask for an invite link.",
	CodeGone:                 "Ask for a new one.",
	CodeDuplicate:            "Use a new id for a new request.",
	CodeInFlight:             "Look whether it happened before sending it under a new key.",
	CodePrecondition:         "Fetch it again and repeat the change.",
	CodePreconditionReq:      "Fetch it and send its ETag in If-Match.",
	CodeTooLarge:             "Send less at once.",
	CodeMediaType:            "Send Content-Type: application/json.",
	CodeRateLimited:          "Wait a moment, then try again.",
	CodeBusy:                 "Try again in a moment.",
	CodeOutcomeUnknown:       "Repeat the request with the same id.",
	CodeStorageFull:          "Free space on the server's disk.",
	CodeUnavailable:          "Try again in a moment.",
	CodeSchemaNewer:          "Upgrade this program.",
	CodeAuthorizationPending: "Ask again after the interval.",
	CodeSlowDown:             "Wait five seconds longer between two questions.",
	CodeAccessDenied:         "Begin again if that was a mistake.",
	CodeExpiredToken:         "Begin again to get a new one.",
	CodeInternal:             "The server's log has it under the request id.",
}
