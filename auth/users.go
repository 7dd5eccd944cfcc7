package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// UsersRequest asks for a page of users.
type UsersRequest struct {
	contracts.PageRequest
	Query string              // part of the user name or display name, any case; "" for all
	Role  contracts.Role      // "" for all
	State contracts.UserState // "" for all
}

// Users lists users by user name: [contracts.PermReadUsers]. Email addresses are
// filled in for those who have [contracts.PermManageUsers], and for oneself. Whom a
// guest may see depends on conversations, which this library doesn't know: the
// caller narrows it.
func (s *Service) Users(ctx context.Context, actor contracts.Actor, req UsersRequest) (contracts.Page[contracts.User], error) {
	none := contracts.Page[contracts.User]{}
	if !actor.Can(contracts.PermReadUsers) {
		return none, contracts.ErrForbidden
	}
	limit, err := req.Check()
	if err != nil {
		return none, err
	}
	if req.Role != "" && !contracts.ValidRole(req.Role) {
		return none, contracts.Invalid("/role", "the role must be owner, admin, member or guest")
	}
	if req.State != "" && req.State != contracts.UserActive && req.State != contracts.UserSuspended {
		return none, contracts.Invalid("/state", "the state must be active or suspended")
	}
	if utf8.RuneCountInString(req.Query) > 64 || !utf8.ValidString(req.Query) {
		return none, contracts.Invalid("/query", "the query is too long: at most 64 characters")
	}
	var after string
	if req.After != "" {
		if err := contracts.DecodeCursor(req.After, &after); err != nil {
			return none, err
		}
	}
	where, args := []string{"username > $1", "deleted_at IS NULL"}, []any{after}
	bind := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	if q := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(req.Query), "@")); q != "" {
		b := bind("%" + escapeLike(q) + "%")
		where = append(where, "(username LIKE "+b+" ESCAPE '!' OR name_key LIKE "+b+" ESCAPE '!')")
	}
	if req.Role != "" {
		where = append(where, "role = "+bind(string(req.Role)))
	}
	if req.State != "" {
		where = append(where, "state = "+bind(string(req.State)))
	}
	var users []contracts.User
	query := `SELECT ` + userColumns + ` FROM users WHERE ` + strings.Join(where, " AND ") + ` ORDER BY username LIMIT ` + bind(limit+1)
	err = sqldb.Each(ctx, s.db.Read, query, args, func(scan sqldb.Scan) error {
		u, err := s.scanUser(scan)
		users = append(users, hideEmail(actor, u))
		return err
	})
	if err != nil {
		return none, fmt.Errorf("list users: %w", err)
	}
	return contracts.NewPage(users, limit, func(u contracts.User) string { return contracts.EncodeCursor(u.Username) }), nil
}

// Refs returns users as other objects name them, by id, from memory where possible.
// Ids of nobody are left out.
func (s *Service) Refs(ctx context.Context, ids []string) (map[string]contracts.UserRef, error) {
	found := make(map[string]contracts.UserRef, len(ids))
	var missing []string
	for _, id := range ids {
		if ref, ok := s.refs.get(id); ok {
			found[id] = ref
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	epoch := s.refs.epoch()
	users, err := s.usersByID(ctx, s.db.Read, missing)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	for id, u := range users {
		ref := contracts.UserRef{ID: id, Username: u.Username, DisplayName: u.DisplayName, Bot: u.Bot}
		found[id] = ref
		s.refs.put(epoch, id, id, ref)
	}
	return found, nil
}

// ByUsername returns the ids of active users by user name, or by a name that they
// had, under the names asked for in lower case; width and composition don't matter
// either. Names of nobody are left out.
func (s *Service) ByUsername(ctx context.Context, names []string) (map[string]string, error) {
	asked := make(map[string][]string, len(names)) // by canonical name
	keys := make([]string, 0, len(names))
	for _, n := range names {
		if key := usernameKey(n); key != "" {
			asked[key] = append(asked[key], strings.ToLower(n))
			keys = append(keys, key)
		}
	}
	found := make(map[string]string, len(names))
	add := func(scan sqldb.Scan) error {
		var name, id string
		err := scan(&name, &id)
		for _, n := range asked[name] {
			found[n] = id
		}
		delete(asked, name)
		return err
	}
	err := sqldb.EachIn(ctx, s.db.Read, `SELECT username, id FROM users WHERE state = 'active' AND username`, nil, keys, add)
	if err != nil {
		return nil, fmt.Errorf("read users by name: %w", err)
	}
	rest := slices.Collect(maps.Keys(asked)) // as a rule nothing
	err = sqldb.EachIn(ctx, s.db.Read, `SELECT f.name, f.user_id FROM former_names f JOIN users u ON u.id = f.user_id WHERE u.state = 'active' AND f.name`, nil, rest, add)
	if err != nil {
		return nil, fmt.Errorf("read users by former name: %w", err)
	}
	return found, nil
}

// Count fills in the numbers of users in stats.
func (s *Service) Count(ctx context.Context, q eventlog.Querier, stats *contracts.Stats) error {
	err := q.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN state = 'active' THEN 1 END), count(CASE WHEN state = 'suspended' THEN 1 END) FROM users WHERE deleted_at IS NULL`).
		Scan(&stats.Users, &stats.ActiveUsers, &stats.SuspendedUsers)
	if err != nil {
		return fmt.Errorf("count users: %w", err)
	}
	return nil
}
