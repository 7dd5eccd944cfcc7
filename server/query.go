package server

import (
	"strconv"

	"github.com/dankerchat/dankerchat/contracts"
)

// pageRequest reads limit and cursor.
func pageRequest(r *request) (contracts.PageRequest, error) {
	limit, err := limitOf(r)
	return contracts.PageRequest{Limit: limit, After: r.URL.Query().Get("cursor")}, err
}

// limitOf reads limit; 0 when it is not given.
func limitOf(r *request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > contracts.MaxLimit {
		return 0, contracts.Invalid("/limit", "limit must be 1 to 200")
	}
	return limit, nil
}

// flag reads a query parameter that is true, false or missing (nil).
func flag(r *request, name string) (*bool, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return nil, nil // missing is one of three values
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return nil, contracts.Invalid("/"+name, name+" must be true or false")
	}
	return &value, nil
}
