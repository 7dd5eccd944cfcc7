package cliutil

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// Pages fetches as many pages as --limit, --all and --cursor ask for.
func Pages[T any](c *cli.Context, fetch func(contracts.PageRequest) (contracts.Page[T], error)) ([]T, contracts.PageInfo, error) {
	limit, all := c.Int("limit"), c.Bool("all")
	if limit < 1 && !all {
		return nil, contracts.PageInfo{}, Usagef("--limit must be at least 1")
	}
	rows := []T{}
	req := contracts.PageRequest{After: c.String("cursor")}
	for {
		req.Limit = contracts.MaxLimit
		if !all {
			req.Limit = min(limit-len(rows), contracts.MaxLimit)
		}
		page, err := fetch(req)
		if err != nil {
			return nil, contracts.PageInfo{}, err
		}
		rows = append(rows, page.Data...)
		if page.Page.Next == nil || !all && len(rows) >= limit {
			return rows, page.Page, nil
		}
		req.After = *page.Page.Next
	}
}

// List fetches as [Pages] does and writes what it got, as [Out.List] does.
func List[T any](c *cli.Context, kind string, fetch func(contracts.PageRequest) (contracts.Page[T], error), columns ...string) error {
	rows, next, err := Pages(c, fetch)
	if err != nil {
		return err
	}
	return Output(c).List(kind, rows, next, columns...)
}

// outcome is what became of one of several things.
type outcome struct {
	Target string `json:"target"`
	OK     bool   `json:"ok"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Each does the same to every target. A single one gives its own result or error;
// of several each gets a line, and when some failed the error is [Partial].
func Each(c *cli.Context, kind string, targets []string, do func(target string) (any, error), columns ...string) error {
	if len(targets) == 1 {
		v, err := do(targets[0])
		if err != nil {
			return err
		}
		return Output(c).One(kind, v, columns...)
	}
	list := make([]outcome, 0, len(targets))
	failed := 0
	for _, target := range targets {
		if c.Context.Err() != nil {
			return c.Context.Err()
		}
		_, err := do(target)
		if err == nil {
			list = append(list, outcome{Target: target, OK: true})
			continue
		}
		failed++
		f := failureOf(err)
		list = append(list, outcome{Target: target, Code: f.Code, Detail: f.Message})
	}
	if err := Output(c).List("result", list, contracts.PageInfo{}); err != nil {
		return err
	}
	if failed > 0 {
		return Partial(failed, len(targets))
	}
	return nil
}
