package messaging

import _ "embed"

// LLMs is llms.txt: this library on a page, for language models.
//
//go:embed llms.txt
var LLMs string
