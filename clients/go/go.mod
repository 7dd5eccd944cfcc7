module github.com/dankerchat/dankerchat/clients/go

go 1.26.0

require github.com/dankerchat/dankerchat/contracts v0.0.0

require github.com/gorilla/websocket v1.5.3

replace github.com/dankerchat/dankerchat/contracts => ../../contracts
