module github.com/dankerchat/dankerchat/channels/examples

go 1.26.0

require (
	github.com/dankerchat/dankerchat/contracts v0.0.0
	github.com/dankerchat/dankerchat/channels v0.0.0
)

replace (
	github.com/dankerchat/dankerchat/contracts => ../../contracts
	github.com/dankerchat/dankerchat/channels => ../../channels
)
