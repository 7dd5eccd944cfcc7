package contracts

import _ "embed"

// OpenAPI is the description of the HTTP interface, OpenAPI 3.1 as YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte

// AsyncAPI is the description of the WebSocket interface, AsyncAPI 3.0 as YAML.
//
//go:embed asyncapi.yaml
var AsyncAPI []byte
