module github.com/dankerchat/dankerchat/channels

go 1.26.0

require (
	github.com/dankerchat/dankerchat/contracts v0.0.0
	github.com/rs/zerolog v1.35.1
	golang.org/x/text v0.44.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/pressly/goose/v3 v3.29.0 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

replace github.com/dankerchat/dankerchat/contracts => ../contracts
