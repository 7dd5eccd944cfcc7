module github.com/dankerchat/dankerchat/server

go 1.26.0

require (
	github.com/dankerchat/dankerchat/contracts v0.0.0
	github.com/dankerchat/dankerchat/auth v0.0.0
	github.com/dankerchat/dankerchat/messaging v0.0.0
	github.com/dankerchat/dankerchat/channels v0.0.0
	github.com/dankerchat/dankerchat/admin v0.0.0
)

replace (
	github.com/dankerchat/dankerchat/contracts => ../contracts
	github.com/dankerchat/dankerchat/auth => ../auth
	github.com/dankerchat/dankerchat/messaging => ../messaging
	github.com/dankerchat/dankerchat/channels => ../channels
	github.com/dankerchat/dankerchat/admin => ../admin
)
