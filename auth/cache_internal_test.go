package auth

import (
	"testing"
	"testing/quick"
)

// What was read before something was dropped may be what was dropped.
func TestCacheRefusesWhatIsOld(t *testing.T) {
	t.Parallel()
	c := newCache[string, int](4)
	for name, drop := range map[string]func(){"the user": func() { c.drop("usr") }, "another": func() { c.drop("other") }, "all": c.clear} {
		epoch := c.epoch()
		drop()
		c.put(epoch, "usr", "key", 1)
		if _, ok := c.get("key"); ok {
			t.Errorf("%s was dropped in between, and the entry is kept", name)
		}
	}
	c.put(c.epoch(), "usr", "key", 1)
	if v, ok := c.get("key"); !ok || v != 1 {
		t.Error("what is new is not kept")
	}
}

// Whatever is put and dropped, the two maps agree and the bound holds.
func TestCacheIsConsistent(t *testing.T) {
	t.Parallel()
	err := quick.Check(func(steps []uint8) bool {
		c := newCache[uint8, uint8](5)
		for _, s := range steps {
			user, key := string('a'+rune(s%3)), s/3%11
			switch {
			case s < 20:
				c.drop(user)
			case s == 20:
				c.clear()
			default:
				if old, ok := c.entries[key]; ok && old.user != user {
					continue // a key never changes hands
				}
				c.put(c.epoch(), user, key, s)
				if v, ok := c.get(key); !ok || v != s {
					return false
				}
			}
			listed := 0
			for u, keys := range c.users {
				for k := range keys {
					if c.entries[k].user != u {
						return false
					}
					listed++
				}
			}
			if len(c.entries) > 5 || listed != len(c.entries) {
				return false
			}
		}
		return true
	}, &quick.Config{MaxCount: 500})
	if err != nil {
		t.Error(err)
	}
}
