package dankerchat

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Post sends text to a target ("#channel", "@user", id) and returns the stored
// message. A send whose outcome is unknown (no answer, 503) is repeated with the
// same client_msg_id, up to ctx's end and at most for 30 seconds, so that the
// message is stored once.
func (c *Client) Post(ctx context.Context, target, text string) (contracts.Message, error) {
	return c.PostID(ctx, target, text, contracts.NewID("c"))
}

// PostID is [Client.Post] with a client_msg_id of the caller's, who may repeat the
// call after a crash: the same id with the same text and target returns the first
// message.
func (c *Client) PostID(ctx context.Context, target, text, clientMsgID string) (contracts.Message, error) {
	cached := c.cache.get(target) != ""
	conv, err := c.Resolve(ctx, target)
	if err != nil {
		return contracts.Message{}, err
	}
	msg, err := c.postTo(ctx, conv, text, clientMsgID)
	if cached && errors.Is(err, contracts.ErrNotFound) {
		c.cache.drop(target) // the name may belong to another conversation by now
		if conv, err = c.Resolve(ctx, target); err != nil {
			return contracts.Message{}, err
		}
		return c.postTo(ctx, conv, text, clientMsgID)
	}
	return msg, err
}

func (c *Client) postTo(ctx context.Context, conv, text, clientMsgID string) (contracts.Message, error) {
	in := map[string]string{"text": text, "client_msg_id": clientMsgID}
	deadline := time.Now().Add(30 * time.Second)
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		msg, err := call[contracts.Message](ctx, c, http.MethodPost, "/conversations/"+url.PathEscape(conv)+"/messages", in)
		pause, again := retryable(err, wait)
		if !again || time.Now().Add(pause).After(deadline) {
			return msg, err
		}
		select {
		case <-ctx.Done():
			return msg, err
		case <-time.After(pause):
		}
	}
}

// retryable says whether a repeat can help, and after how long.
func retryable(err error, wait time.Duration) (time.Duration, bool) {
	var e *contracts.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	switch e.Code {
	case contracts.CodeUnavailable, contracts.CodeBusy, contracts.CodeOutcomeUnknown, contracts.CodeRateLimited:
	default:
		return 0, false
	}
	if e.RetryAfter > 0 {
		// No earlier than the server said, and not all at once then.
		return time.Duration(e.RetryAfter)*time.Second + time.Duration(rand.Int64N(int64(wait))), true
	}
	return wait/2 + time.Duration(rand.Int64N(int64(wait/2)+1)), true
}

// History is a stretch of a conversation, oldest first.
type History struct {
	Messages  []contracts.Message `json:"data"`
	HasBefore bool                `json:"has_before"`
	HasAfter  bool                `json:"has_after"`
}

// HistoryOptions choose the stretch; one of Before, After and Around may name a
// message. Without any it is the newest.
type HistoryOptions struct {
	Before, After, Around string
	Limit                 int // 1–200, default 50
}

// Messages reads a stretch of the target's history.
func (c *Client) Messages(ctx context.Context, target string, o HistoryOptions) (History, error) {
	conv, err := c.Resolve(ctx, target)
	if err != nil {
		return History{}, err
	}
	q := url.Values{}
	for k, v := range map[string]string{"before": o.Before, "after": o.After, "around": o.Around} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if o.Limit > 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	return call[History](ctx, c, http.MethodGet, "/conversations/"+url.PathEscape(conv)+"/messages"+query(q), nil)
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, id string) (contracts.Message, error) {
	return call[contracts.Message](ctx, c, http.MethodGet, "/messages/"+url.PathEscape(id), nil)
}

// Edit replaces the text of one's own message.
func (c *Client) Edit(ctx context.Context, id, text string) (contracts.Message, error) {
	return call[contracts.Message](ctx, c, http.MethodPatch, "/messages/"+url.PathEscape(id), map[string]string{"text": text})
}

// Revisions returns the earlier texts of a message, the oldest first.
func (c *Client) Revisions(ctx context.Context, id string) ([]contracts.Revision, error) {
	page, err := call[contracts.Page[contracts.Revision]](ctx, c, http.MethodGet, "/messages/"+url.PathEscape(id)+"/history", nil)
	return page.Data, err
}

// Delete removes a message; its place in the timeline stays.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/messages/"+url.PathEscape(id), nil, nil)
}

// MarkRead says that the target is read up to position.
func (c *Client) MarkRead(ctx context.Context, target string, position int64) (contracts.ReadState, error) {
	conv, err := c.Resolve(ctx, target)
	if err != nil {
		return contracts.ReadState{}, err
	}
	return call[contracts.ReadState](ctx, c, http.MethodPut, "/conversations/"+url.PathEscape(conv)+"/read", map[string]int64{"position": position})
}

// MarkUnreadFrom says that the message at position and all after it are unread.
func (c *Client) MarkUnreadFrom(ctx context.Context, target string, position int64) (contracts.ReadState, error) {
	conv, err := c.Resolve(ctx, target)
	if err != nil {
		return contracts.ReadState{}, err
	}
	return call[contracts.ReadState](ctx, c, http.MethodPut, "/conversations/"+url.PathEscape(conv)+"/unread-from", map[string]int64{"position": position})
}

// MarkAllRead says that everything is read, and returns what changed.
func (c *Client) MarkAllRead(ctx context.Context) ([]contracts.ReadState, error) {
	page, err := call[contracts.Page[contracts.ReadState]](ctx, c, http.MethodPost, "/read-all", nil)
	return page.Data, err
}

// Unread lists the conversations in which something is unread.
func (c *Client) Unread(ctx context.Context) ([]contracts.ReadState, error) {
	page, err := call[contracts.Page[contracts.ReadState]](ctx, c, http.MethodGet, "/me/unread", nil)
	return page.Data, err
}

// Conversations lists the conversations one takes part in, with what is unread.
func (c *Client) Conversations(ctx context.Context) ([]contracts.Membership, error) {
	page, err := call[contracts.Page[contracts.Membership]](ctx, c, http.MethodGet, "/conversations", nil)
	return page.Data, err
}

// Conversation returns one of them.
func (c *Client) Conversation(ctx context.Context, target string) (contracts.Membership, error) {
	conv, err := c.Resolve(ctx, target)
	if err != nil {
		return contracts.Membership{}, err
	}
	return call[contracts.Membership](ctx, c, http.MethodGet, "/conversations/"+url.PathEscape(conv), nil)
}

func query(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	return "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
