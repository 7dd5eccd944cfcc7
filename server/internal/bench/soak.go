package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// soak runs the team's load for long while a fifth of the people leave and come back
// each half minute, and watches that memory and open files return to where they were.
func soak(ctx context.Context, s *system, seconds int) (result, error) {
	r := result{Scenario: "soak", System: s.name, Figures: map[string]float64{}}
	all, err := connectAll(ctx, s, 100)
	if err != nil {
		return r, err
	}
	defer func() { closeAll(all) }()
	var lost, refused int64
	var rss, files []float64
	worst := 0.0
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for chunk := 0; time.Now().Before(end) && ctx.Err() == nil; chunk++ {
		o := load{all, s.channels, 50, min(30, max(5, seconds/6)), fmt.Sprint("soak", chunk)}.run(ctx)
		lost, refused, worst = lost+o.lost, refused+o.refused, max(worst, o.p99)
		for i := chunk % 5; i < len(all); i += 5 {
			all[i].close()
			if all[i], err = connect(ctx, s.child.address, s.tokens[i], 0); err != nil {
				return r, fmt.Errorf("come back: %w", err)
			}
		}
		time.Sleep(3 * time.Second) // goodbyes take two
		memory, _, err := s.child.usage()
		if err != nil {
			return r, err
		}
		p, err := process.NewProcess(int32(s.child.cmd.Process.Pid)) //nolint:gosec // a pid fits
		if err != nil {
			return r, fmt.Errorf("read process: %w", err)
		}
		open, err := p.NumFDs()
		if err != nil {
			return r, fmt.Errorf("count open files: %w", err)
		}
		rss, files = append(rss, memory), append(files, float64(open))
		fmt.Fprintf(os.Stderr, "  chunk %d: %.1f MiB, %d open files, p99 %.0f ms\n", chunk+1, memory, open, o.p99)
		r.Figures["chunks"] = float64(chunk + 1)
	}
	if len(rss) < 3 {
		return r, fmt.Errorf("too short: %d chunks; give it a minute or more", len(rss))
	}
	first, last := 1, len(rss)-1 // the first chunk warms up
	r.Figures["rss_first_mib"], r.Figures["rss_last_mib"] = rss[first], rss[last]
	r.Figures["files_first"], r.Figures["files_last"] = files[first], files[last]
	r.Figures["worst_p99_ms"], r.Figures["lost"], r.Figures["refused"] = worst, float64(lost), float64(refused)
	r.promise(lost == 0 && refused == 0, "%d deliveries lost, %d sends refused", lost, refused)
	r.promise(rss[last] <= 100, "resident memory %.0f MiB is over 100 MiB", rss[last])
	r.promise(rss[last] <= rss[first]*1.3+5, "memory grew from %.0f to %.0f MiB", rss[first], rss[last])
	if middle := len(rss) / 2; middle >= 5 { // what is kept on purpose, such as the newest frames, is full by then
		r.Figures["rss_middle_mib"] = rss[middle]
		r.promise(rss[last] <= rss[middle]*1.1+2, "memory still grew, from %.0f to %.0f MiB in the second half", rss[middle], rss[last])
	}
	r.promise(files[last] <= files[first]+3, "open files grew from %.0f to %.0f", files[first], files[last])
	return r, nil
}
