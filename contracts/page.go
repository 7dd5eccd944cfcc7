package contracts

import (
	"encoding/base64"
	"encoding/json"
)

// Sizes of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is one page of a list with opaque cursors to its neighbours.
type Page[T any] struct {
	Data []T      `json:"data"`
	Page PageInfo `json:"page"`
}

// PageInfo says whether there is more and where.
type PageInfo struct {
	Next    *string `json:"next"`
	Prev    *string `json:"prev"`
	HasMore bool    `json:"has_more"`
}

// PageRequest asks for a page.
type PageRequest struct {
	Limit int    // 0 is DefaultLimit; over MaxLimit is an error
	After string // opaque, from PageInfo.Next; "" is the start
}

// Check returns the limit to use or a CodeInvalid error.
func (p PageRequest) Check() (int, error) {
	switch {
	case p.Limit == 0:
		return DefaultLimit, nil
	case p.Limit < 0 || p.Limit > MaxLimit:
		return 0, Invalid("/limit", "limit must be 1 to 200")
	}
	return p.Limit, nil
}

// EncodeCursor makes an opaque page cursor from the sort key of the last row.
func EncodeCursor(key ...any) string {
	b, err := json.Marshal(key)
	if err != nil {
		panic("contracts: cursor key: " + err.Error()) // keys are strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// DecodeCursor reads a page cursor back into pointers to strings and int64s.
func DecodeCursor(cursor string, into ...any) error {
	bad := Invalid("/cursor", "the page cursor is not one that this list returned").WithHint("Leave the cursor out to start from the beginning.")
	if len(cursor) > 1024 {
		return bad
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return bad
	}
	var raw []json.RawMessage
	if json.Unmarshal(b, &raw) != nil || len(raw) != len(into) {
		return bad
	}
	for i := range raw {
		if json.Unmarshal(raw[i], into[i]) != nil {
			return bad
		}
	}
	return nil
}

// NewPage makes a page from up to limit+1 rows: the extra row says that there is more.
func NewPage[T any](rows []T, limit int, cursor func(T) string) Page[T] {
	p := Page[T]{Data: rows}
	if len(rows) > limit {
		p.Data = rows[:limit]
		next := cursor(rows[limit-1])
		p.Page.Next, p.Page.HasMore = &next, true
	}
	if p.Data == nil {
		p.Data = []T{}
	}
	return p
}
