package messaging

import (
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// Between the moment at which the stays were read and the one at which a
// connection goes live, the log may go on: the stays follow it.
func TestResumingFollowsTheLog(t *testing.T) {
	t.Parallel()
	const me, conv = "usr_me", "cnv_1"
	joined := func(p int64, who string) entry {
		return entry{event: &contracts.Event{Position: p, Type: contracts.EventMemberJoined, Scope: conv, Subject: who}}
	}
	left := func(p int64, who string) entry {
		return entry{event: &contracts.Event{Position: p, Type: contracts.EventMemberLeft, Scope: conv, Subject: who}}
	}
	direct := func(p int64, users ...string) entry {
		return entry{event: &contracts.Event{Position: p, Type: contracts.EventDirectCreated, Scope: conv}, users: users}
	}
	for _, tc := range []struct {
		name   string
		stays  []visit // as read at log position 10
		events []entry
		sees   []int64 // message events at these positions, of 1 to 16
	}{
		{"takes part", []visit{{5, 0}}, nil, []int64{5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
		{"never took part", nil, nil, nil},
		{"has left", []visit{{5, 8}}, nil, nil},
		{"has left and come back", []visit{{3, 5}, {9, 0}}, nil, []int64{3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16}},
		{"leaves now", []visit{{5, 0}}, []entry{left(12, me)}, nil},
		{"joins now", nil, []entry{joined(12, me)}, []int64{12, 13, 14, 15, 16}},
		{"leaves and comes back now", []visit{{8, 0}}, []entry{left(11, me), joined(14, me)}, []int64{8, 9, 10, 11, 14, 15, 16}},
		{"others come and go", []visit{{8, 0}}, []entry{left(11, "usr_x"), joined(14, "usr_y")}, []int64{8, 9, 10, 11, 12, 13, 14, 15, 16}},
		{"a direct conversation begins", nil, []entry{direct(13, "usr_x", me)}, []int64{13, 14, 15, 16}},
		{"somebody else's begins", nil, []entry{direct(13, "usr_x", "usr_y")}, nil},
		{"what is known already comes again", []visit{{3, 5}, {9, 0}}, []entry{joined(3, me), left(5, me), joined(9, me)}, []int64{3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16}},
		{"a known departure comes again", []visit{{3, 5}}, []entry{joined(3, me), left(5, me)}, nil},
		{"a known beginning comes again", []visit{{4, 0}}, []entry{direct(4, me)}, []int64{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &resuming{user: me, stays: map[string][]visit{}}
			if tc.stays != nil {
				r.stays[conv] = slices.Clone(tc.stays)
			}
			for _, e := range tc.events {
				r.follow(e)
			}
			var sees []int64
			for p := int64(1); p <= 16; p++ {
				if r.sees(&contracts.Event{Position: p, Type: contracts.EventMessageCreated, Scope: conv}) {
					sees = append(sees, p)
				}
			}
			if !slices.Equal(sees, tc.sees) {
				t.Errorf("sees %v, want %v", sees, tc.sees)
			}
			if !r.sees(left(12, me).event) {
				t.Error("does not see that he left")
			}
		})
	}
}

func TestRingKeepsTheNewest(t *testing.T) {
	t.Parallel()
	r := ring{maxEntries: 3, maxBytes: 1 << 20}
	push := func(p int64, size int) {
		ev := &contracts.Event{Position: p}
		r.push(entry{event: ev, frame: &Frame{Position: p, Bytes: make([]byte, size)}})
	}
	if _, ok := r.after(0, 5); ok {
		t.Error("an empty ring has all of 1 to 5")
	}
	if got, ok := r.after(5, 5); !ok || got != nil {
		t.Error("nothing is missing at the head")
	}
	for p := int64(6); p <= 10; p++ {
		push(p, 10)
	}
	if _, ok := r.after(6, 10); ok {
		t.Error("7 is gone")
	}
	if got, ok := r.after(7, 10); !ok || len(got) != 3 || got[0].event.Position != 8 {
		t.Errorf("after 7: %v, %v", got, ok)
	}
	if got, ok := r.after(9, 10); !ok || len(got) != 1 {
		t.Errorf("after 9: %v, %v", got, ok)
	}
	push(11, 1<<20) // one frame of more than all may have
	if len(r.entries) != 1 || r.bytes != r.entries[0].size() {
		t.Errorf("%d entries of %d bytes", len(r.entries), r.bytes)
	}
}
