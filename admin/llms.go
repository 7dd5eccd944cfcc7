package admin

import _ "embed"

// LLMs is what a language model needs to know to use this library.
//
//go:embed llms.txt
var LLMs string
