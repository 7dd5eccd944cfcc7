package contracts

import "context"

// Names are the people of a program that keeps no accounts: every id is somebody's, and is
// their user name too. It is what the libraries take when they are told of no people.
type Names struct{}

// Refs returns a user for every id.
func (Names) Refs(_ context.Context, ids []string) (map[string]UserRef, error) {
	found := make(map[string]UserRef, len(ids))
	for _, id := range ids {
		found[id] = UserRef{ID: id, Username: id, DisplayName: id}
	}
	return found, nil
}

// ByUsername returns every name as an id.
func (Names) ByUsername(_ context.Context, names []string) (map[string]string, error) {
	found := make(map[string]string, len(names))
	for _, name := range names {
		found[name] = name
	}
	return found, nil
}
