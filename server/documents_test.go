package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/jsonschema/v6"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"
	"go.yaml.in/yaml/v3"

	"github.com/dankerchat/dankerchat/contracts"
)

// The two documents, as strict as tests want them: a field that a schema does not
// name is an error, although clients are told to ignore such fields.
type documents struct {
	openAPI  map[string]any
	asyncAPI map[string]any
	http     validator.Validator
	mu       sync.Mutex // guards http
	client   *jsonschema.Schema
	server   *jsonschema.Schema
	close    *jsonschema.Schema
	compiler *jsonschema.Compiler
}

var theDocuments = sync.OnceValues(func() (*documents, error) {
	d := &documents{}
	for _, doc := range []struct {
		text []byte
		into *map[string]any
	}{{contracts.OpenAPI, &d.openAPI}, {contracts.AsyncAPI, &d.asyncAPI}} {
		if err := yaml.Unmarshal(doc.text, doc.into); err != nil {
			return nil, err
		}
		closeObjects(*doc.into)
	}
	text, err := json.Marshal(d.openAPI)
	if err != nil {
		return nil, err
	}
	lib, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, err
	}
	var errs []error
	// Who may call is the enumeration's subject; here a request without credentials is
	// as valid as any.
	d.http, errs = validator.NewValidator(lib, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return d, d.compileFrames()
})

// closeObjects makes every schema with properties refuse other ones.
func closeObjects(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, ok := n["properties"].(map[string]any); ok && n["type"] == "object" {
			if _, said := n["additionalProperties"]; !said {
				n["additionalProperties"] = false
			}
		}
		for _, v := range n {
			closeObjects(v)
		}
	case []any:
		for _, v := range n {
			closeObjects(v)
		}
	}
}

func (d *documents) compileFrames() error {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.DefaultDraft(jsonschema.Draft2020)
	for name, doc := range map[string]map[string]any{"mem:///openapi.yaml": d.openAPI, "mem:///asyncapi.yaml": d.asyncAPI} {
		text, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		if err := c.AddResource(name, parsed); err != nil {
			return err
		}
	}
	any := func(names ...string) (*jsonschema.Schema, error) {
		var refs []any
		for _, name := range names {
			refs = append(refs, map[string]any{"$ref": "mem:///asyncapi.yaml#/components/schemas/" + name})
		}
		id := "mem:///" + strings.Join(names, "-")
		if err := c.AddResource(id, map[string]any{"oneOf": refs}); err != nil {
			return nil, err
		}
		return c.Compile(id)
	}
	var err error
	if d.client, err = any("Hello", "Pong", "MessageSend", "Read", "TypingOp", "Focus", "PresenceSet"); err != nil {
		return err
	}
	if d.server, err = any("Welcome", "Event", "Ack", "Nack", "Ping"); err != nil {
		return err
	}
	d.close, err = any("CloseReason")
	d.compiler = c
	return err
}

func mustDocuments(t testing.TB) *documents {
	t.Helper()
	d, err := theDocuments()
	if err != nil {
		t.Fatalf("read the documents: %v", err)
	}
	return d
}

// checkFrame validates one frame.
func checkFrame(schema *jsonschema.Schema, frame []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("frame is not JSON: %w: %s", err, frame)
	}
	if err := schema.Validate(v); err != nil {
		return fmt.Errorf("frame breaks asyncapi.yaml: %w\n%s", err, frame)
	}
	return nil
}

// exchange checks an answer, and the request too unless it is wrong on purpose.
func (d *documents) exchange(t testing.TB, req *http.Request, body []byte, res *http.Response, answer []byte, wrongRequest bool) {
	t.Helper()
	if !strings.HasPrefix(req.URL.Path, base) {
		return
	}
	copied := req.Clone(t.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	ans := *res
	ans.Body = io.NopCloser(bytes.NewReader(answer))
	if res.StatusCode >= 400 { // the same everywhere, also where the document has no path
		problem, err := d.compiler.Compile("mem:///openapi.yaml#/components/schemas/Problem")
		if err == nil && res.Header.Get("Content-Type") == "application/problem+json" && req.Method != http.MethodHead {
			err = checkFrame(problem, answer)
		}
		if err != nil || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: the answer %d is no problem: %v", req.Method, req.URL.Path, res.StatusCode, err)
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !wrongRequest {
		if ok, errs := d.http.ValidateHttpRequest(copied); !ok {
			t.Errorf("%s %s: the request breaks openapi.yaml: %s\n%s", req.Method, req.URL.Path, explain(errs), body)
		}
	}
	copied.Body = io.NopCloser(bytes.NewReader(body))
	if ok, errs := d.http.ValidateHttpResponse(copied, &ans); !ok {
		t.Errorf("%s %s: the answer %d breaks openapi.yaml: %s\n%s", req.Method, req.URL.Path, res.StatusCode, explain(errs), answer)
	}
}

func explain(errs []*errors.ValidationError) string {
	var b strings.Builder
	for _, e := range errs {
		fmt.Fprintf(&b, "%s: %s", e.Message, e.Reason)
		for _, s := range e.SchemaValidationErrors {
			fmt.Fprintf(&b, "; %s %s", s.FieldPath, s.Reason)
		}
	}
	return b.String()
}
