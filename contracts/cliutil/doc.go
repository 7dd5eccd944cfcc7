// Package cliutil holds the conventions that all command lines of DankerChat
// share: how arguments are read, what goes to stdout and stderr, the JSON
// envelope, exit codes, prompts, progress and help.
//
// A program builds a [cli.App] of urfave/cli and hands it to [Run], which is the
// only thing its main does:
//
//	func main() { os.Exit(cliutil.Run(context.Background(), newApp(), os.Args, os.Stdin, os.Stdout, os.Stderr)) }
//
// An action writes its result through [Output] and returns an error; it prints
// nothing itself. A command says its positional arguments in ArgsUsage, from
// which their number is checked ("USER [FIELD]", "TARGET TEXT..."), its examples
// in UsageText, one a line, and its prose in Description. Commands that change
// something add [WriteFlags], lists add [PageFlags].
//
// The package conformance beside this one checks every command of a program
// against these rules.
package cliutil
