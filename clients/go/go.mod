module github.com/dankerchat/dankerchat/clients/go

go 1.26

require (
	github.com/dankerchat/dankerchat/contracts v0.0.0
)

replace (
	github.com/dankerchat/dankerchat/contracts => ../../contracts
)
