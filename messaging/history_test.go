package messaging_test

import (
	"fmt"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

func history(limit int) messaging.HistoryRequest { return messaging.HistoryRequest{Limit: limit} }

func TestMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		empty := r.channel(contracts.KindPublic, 0)
		var ids []string
		for i := 1; i <= 10; i++ {
			ids = append(ids, r.post(i%2, c, fmt.Sprint(i)).ID)
		}
		for _, tc := range []struct {
			name          string
			req           messaging.HistoryRequest
			texts         string
			before, after bool
		}{
			{"the newest", messaging.HistoryRequest{Limit: 3}, "8 9 10", true, false},
			{"all", messaging.HistoryRequest{}, "1 2 3 4 5 6 7 8 9 10", false, false},
			{"before an id", messaging.HistoryRequest{Before: ids[4], Limit: 2}, "3 4", true, true},
			{"before a position", messaging.HistoryRequest{BeforePosition: 3, Limit: 9}, "1 2", false, true},
			{"before the first", messaging.HistoryRequest{Before: ids[0]}, "", false, true},
			{"after an id", messaging.HistoryRequest{After: ids[4], Limit: 2}, "6 7", true, true},
			{"after a position", messaging.HistoryRequest{AfterPosition: 8}, "9 10", true, false},
			{"after the last", messaging.HistoryRequest{After: ids[9]}, "", true, false},
			{"from the beginning", messaging.HistoryRequest{AfterPosition: -1, Limit: 2}, "1 2", false, true},
			{"around", messaging.HistoryRequest{Around: ids[4], Limit: 5}, "3 4 5 6 7", true, true},
			{"around, one", messaging.HistoryRequest{Around: ids[4], Limit: 1}, "5", true, true},
			{"around the last", messaging.HistoryRequest{Around: ids[9], Limit: 4}, "7 8 9 10", true, false},
			{"around the first", messaging.HistoryRequest{Around: ids[0], Limit: 4}, "1 2", false, true},
		} {
			h, err := r.Messages(ctx, actor(0), c, tc.req)
			if err != nil || texts(h.Messages) != tc.texts || h.HasBefore != tc.before || h.HasAfter != tc.after {
				t.Errorf("%s: %q, before %v, after %v, %v; want %q, %v, %v", tc.name, texts(h.Messages), h.HasBefore, h.HasAfter, err, tc.texts, tc.before, tc.after)
			}
			for _, m := range h.Messages {
				if m.Author.Username == "" {
					t.Errorf("%s: author %+v", tc.name, m.Author)
				}
			}
		}
		if h, err := r.Messages(ctx, actor(0), empty, messaging.HistoryRequest{}); err != nil || h.Messages == nil || len(h.Messages) != 0 || h.HasBefore || h.HasAfter {
			t.Errorf("an empty conversation: %+v, %v", h, err)
		}
		if h, err := r.Messages(ctx, contracts.Operator, c, messaging.HistoryRequest{Limit: 1}); err != nil || texts(h.Messages) != "10" {
			t.Errorf("the operator: %+v, %v", h, err)
		}
		elsewhere := r.post(0, empty, "elsewhere").ID
		for _, tc := range []struct {
			name string
			req  messaging.HistoryRequest
			code contracts.Code
		}{
			{"two places", messaging.HistoryRequest{Before: ids[1], After: ids[0]}, contracts.CodeInvalid},
			{"another conversation's message", messaging.HistoryRequest{Before: elsewhere}, contracts.CodeInvalid},
			{"no message", messaging.HistoryRequest{Around: "msg_x"}, contracts.CodeInvalid},
			{"201 messages", messaging.HistoryRequest{Limit: 201}, contracts.CodeInvalid},
			{"a negative limit", messaging.HistoryRequest{Limit: -1}, contracts.CodeInvalid},
		} {
			_, err := r.Messages(ctx, actor(0), c, tc.req)
			if err == nil || contracts.CodeOf(err) != tc.code {
				t.Errorf("%s: got %v, want %s", tc.name, err, tc.code)
			}
		}
		_, err := r.Messages(ctx, actor(2), c, messaging.HistoryRequest{})
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Message(ctx, actor(2), ids[0])
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Revisions(ctx, actor(2), ids[0])
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Messages(ctx, contracts.Actor{}, c, messaging.HistoryRequest{})
		wantCode(t, err, contracts.CodeForbidden)
	})
}
