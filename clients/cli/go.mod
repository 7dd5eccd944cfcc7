module github.com/dankerchat/dankerchat/clients/cli

go 1.26.0

require (
	github.com/dankerchat/dankerchat/contracts v0.0.0
	github.com/dankerchat/dankerchat/clients/go v0.0.0
)

replace (
	github.com/dankerchat/dankerchat/contracts => ../../contracts
	github.com/dankerchat/dankerchat/clients/go => ../../clients/go
)
