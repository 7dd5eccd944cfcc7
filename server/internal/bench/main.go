// Command bench measures dankerchatd in a process of its own beside a floor: a hub
// that stores nothing and checks nobody, in the same run on the same machine. It
// prints a table and writes JSON. The exit status is 1 when a promise of the plan is
// missed (team: p99 200 ms, 100 MiB with 100 users, a message lost); tighter budgets
// are reported. It uses the public API and public settings only.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) > 0 && args[0] == "floor" {
		fmt.Fprintln(os.Stderr, "floor:", runFloor())
		return 1
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	binary := flags.String("server", "bin/dankerchatd", "the server to measure")
	engines := flags.String("engines", "sqlite,postgres", "database engines, separated by commas")
	only := flags.String("only", "team,ceiling,connections,storm,history,auth,start", "scenarios to run")
	seconds := flags.Int("seconds", 30, "length of the team scenario; the others take a third")
	sockets := flags.Int("sockets", 10000, "idle sockets in the connections and storm scenarios")
	file := flags.String("json", "", "also write the results to this file")
	_ = flags.Parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	fmt.Printf("machine: %s\nlimits raised: %s\n\n", machine(), strings.Join(raised, " "))
	var results []result
	systems := append([]string{"floor"}, strings.Split(*engines, ",")...)
	for _, scenario := range strings.Split(*only, ",") {
		for _, name := range systems {
			if name == "floor" && (scenario == "history" || scenario == "auth" || scenario == "soak" || scenario == "storm") {
				continue // it stores nothing: there is nothing to read, to leak or to resume
			}
			fmt.Fprintf(os.Stderr, "… %s on %s\n", scenario, name)
			r, err := measure(ctx, scenario, name, *binary, *seconds, *sockets)
			if err != nil {
				fmt.Fprintf(os.Stderr, "bench: %s on %s: %v\n", scenario, name, err)
				r.Broken = append(r.Broken, err.Error())
			}
			results = append(results, r)
		}
	}
	compare(results)
	report(results)
	if *file != "" {
		b, _ := json.MarshalIndent(results, "", "  ")
		if err := os.WriteFile(*file, append(b, '\n'), 0o644); err != nil { //nolint:gosec // results are public
			fmt.Fprintln(os.Stderr, "bench:", err)
			return 1
		}
	}
	if slices.ContainsFunc(results, func(r result) bool { return len(r.Broken) > 0 }) {
		return 1
	}
	return 0
}

func measure(ctx context.Context, scenario, name, binary string, seconds, sockets int) (result, error) {
	users := 100
	if scenario == "connections" || scenario == "storm" {
		users = 500
	}
	var s *system
	var err error
	if name == "floor" {
		s, err = startFloor(ctx, users)
	} else {
		s, err = startDankerchat(ctx, binary, name, users, limitsOf(scenario), scenario == "auth")
	}
	if err != nil {
		return result{Scenario: scenario, System: name}, err
	}
	defer s.stop()
	third := max(2, seconds/3)
	switch scenario {
	case "team":
		return team(ctx, s, seconds)
	case "ceiling":
		return ceiling(ctx, s, max(2, seconds/8))
	case "connections":
		return connections(ctx, s, sockets)
	case "history":
		return history(ctx, s, third)
	case "auth":
		return signIn(ctx, s, third)
	case "start":
		return coldStart(ctx, s)
	case "soak":
		return soak(ctx, s, seconds)
	case "storm":
		return storm(ctx, s, sockets)
	}
	return result{Scenario: scenario, System: name}, fmt.Errorf("unknown scenario %q: team, ceiling, connections, history, auth, start, soak or storm", scenario)
}

// limitsOf are the limits that a scenario needs.
func limitsOf(scenario string) []string {
	if scenario == "storm" {
		return append(slices.Clone(raised), "handshakes_rps=500") // as by default
	}
	return raised
}

// compare checks the budgets that are ratios to the floor of the same run.
func compare(results []result) {
	floor := map[string]map[string]float64{}
	for _, r := range results {
		if r.System == "floor" {
			floor[r.Scenario] = r.Figures
		}
	}
	for i := range results {
		r := &results[i]
		f := floor[r.Scenario]
		if r.System == "floor" || f == nil {
			continue
		}
		switch r.Scenario {
		case "team":
			r.budget(r.Figures["p99_ms"] <= 3*f["p99_ms"], "delivery p99 %.1f ms is %.1f times the floor (budget 3)", r.Figures["p99_ms"], r.Figures["p99_ms"]/f["p99_ms"])
		case "ceiling":
			r.budget(r.Figures["msg_per_s"] >= 2*f["msg_per_s"], "%.0f messages/s is %.1f times the floor (budget 2)", r.Figures["msg_per_s"], r.Figures["msg_per_s"]/f["msg_per_s"])
		}
	}
}

func report(results []result) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range results {
		var figures []string
		for k, v := range r.Figures {
			figures = append(figures, fmt.Sprintf("%s %.4g", k, v))
		}
		slices.Sort(figures)
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Scenario, r.System, strings.Join(figures, " · "))
	}
	_ = w.Flush()
	for _, r := range results {
		for _, b := range r.Broken {
			fmt.Printf("PROMISE MISSED  %s on %s: %s\n", r.Scenario, r.System, b)
		}
		for _, m := range r.Missed {
			fmt.Printf("budget missed   %s on %s: %s\n", r.Scenario, r.System, m)
		}
	}
}
