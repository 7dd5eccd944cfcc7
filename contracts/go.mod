module github.com/dankerchat/dankerchat/contracts

go 1.26
