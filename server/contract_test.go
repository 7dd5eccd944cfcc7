package server

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What the document and the route table say must be the same, both ways.
func TestEveryRouteIsInTheDocumentAndTheReverse(t *testing.T) {
	t.Parallel()
	d := mustDocuments(t)
	documented := map[string]string{} // "GET /path": operation id
	for path, item := range d.openAPI["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			if o, ok := op.(map[string]any); ok {
				documented[strings.ToUpper(method)+" "+path], _ = o["operationId"].(string)
			}
		}
	}
	for _, rt := range routes {
		where := rt.method + " " + rt.path
		if documented[where] != rt.op {
			t.Errorf("%s is %q in routes.go and %q in openapi.yaml", where, rt.op, documented[where])
		}
		delete(documented, where)
	}
	for where, op := range documented {
		t.Errorf("%s (%s) stands in openapi.yaml alone", where, op)
	}
}

// Every operation has a rule, every rule an operation.
func TestEveryOperationHasARule(t *testing.T) {
	t.Parallel()
	open := map[string]bool{}
	for op := range access {
		open[op] = true
	}
	want := []string{"socket hello"}
	for _, rt := range routes {
		want = append(want, rt.op)
	}
	for op := range ops {
		want = append(want, "socket "+op)
	}
	for _, op := range want {
		if !open[op] {
			t.Errorf("no rule for %s", op)
		}
		delete(open, op)
	}
	for op := range open {
		t.Errorf("the rule for %s is about nothing", op)
	}
}

// Public operations are those that the document says need no credentials.
func TestTheDocumentSaysWhatIsPublic(t *testing.T) {
	t.Parallel()
	d := mustDocuments(t)
	for _, rt := range routes {
		item := d.openAPI["paths"].(map[string]any)[rt.path].(map[string]any)
		security, said := item[strings.ToLower(rt.method)].(map[string]any)["security"].([]any)
		public := said && (len(security) == 0 || len(security[0].(map[string]any)) == 0)
		if public != (access[rt.op].gate == everybody) {
			t.Errorf("%s: public is %v in openapi.yaml, and the opposite in access.go", rt.op, public)
		}
	}
}

// What the document knows in a query and what the server takes must be the same.
func TestTheDocumentSaysWhatAQueryMayHold(t *testing.T) {
	t.Parallel()
	d := mustDocuments(t)
	shared := d.openAPI["components"].(map[string]any)["parameters"].(map[string]any)
	for _, rt := range routes {
		var documented []string
		op := d.openAPI["paths"].(map[string]any)[rt.path].(map[string]any)[strings.ToLower(rt.method)].(map[string]any)
		for _, p := range asList(op["parameters"]) {
			parameter := p.(map[string]any)
			if ref, ok := parameter["$ref"].(string); ok {
				parameter = shared[ref[strings.LastIndex(ref, "/")+1:]].(map[string]any)
			}
			if parameter["in"] == "query" {
				documented = append(documented, parameter["name"].(string))
			}
		}
		if !anyQuery[rt.op] && !slices.Equal(slices.Sorted(slices.Values(documented)), slices.Sorted(slices.Values(queries[rt.op]))) {
			t.Errorf("%s: the query may hold %v in openapi.yaml and %v in query.go", rt.op, documented, queries[rt.op])
		}
	}
}

// Examples are what people copy: each must be valid.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	d := mustDocuments(t)
	count := 0
	for name, schema := range d.openAPI["components"].(map[string]any)["schemas"].(map[string]any) {
		for _, example := range asList(schema.(map[string]any)["examples"]) {
			compiled, err := d.compiler.Compile("mem:///openapi.yaml#/components/schemas/" + name)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := checkFrame(compiled, encode(example)); err != nil {
				t.Errorf("openapi.yaml: example of %s: %v", name, err)
			}
			count++
		}
	}
	for name, message := range d.asyncAPI["components"].(map[string]any)["messages"].(map[string]any) {
		m := message.(map[string]any)
		ref := m["payload"].(map[string]any)["$ref"].(string)
		compiled, err := d.compiler.Compile("mem:///asyncapi.yaml" + ref)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, example := range asList(m["examples"]) {
			if err := checkFrame(compiled, encode(example.(map[string]any)["payload"])); err != nil {
				t.Errorf("asyncapi.yaml: example of %s: %v", name, err)
			}
			count++
		}
	}
	if count < 30 {
		t.Errorf("only %d examples: this test looks in the wrong place", count)
	}
}

func asList(v any) []any { l, _ := v.([]any); return l }

// A write refuses what it does not know, and no schema is an object of anything.
func TestNoSchemaIsABareObject(t *testing.T) {
	t.Parallel()
	var walk func(at string, node any)
	walk = func(at string, node any) {
		switch n := node.(type) {
		case map[string]any:
			if n["type"] == "object" && n["properties"] == nil && n["additionalProperties"] == nil {
				t.Errorf("%s is a bare object", at)
			}
			for k, v := range n {
				walk(at+"/"+k, v)
			}
		case []any:
			for _, v := range n {
				walk(at+"/-", v)
			}
		}
	}
	d := mustDocuments(t)
	walk("openapi.yaml", d.openAPI["components"])
	walk("asyncapi.yaml", d.asyncAPI["components"])
}

// The checker itself: a wrong answer, a missing field and an unknown one are noticed.
func TestTheValidatorNoticesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := mustDocuments(t)
	for name, body := range map[string]string{
		"an unknown field": `{"done":true,"extra":1}`, "a missing field": `{}`, "a wrong type": `{"done":"yes"}`,
	} {
		req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1"+base+"/setup", nil)
		if err != nil {
			t.Fatal(err)
		}
		res := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
		d.mu.Lock()
		ok, _ := d.http.ValidateHttpResponse(req, res)
		d.mu.Unlock()
		if ok {
			t.Errorf("%s passes: %s", name, body)
		}
	}
	if checkFrame(d.server, []byte(`{"op":"ping","position":1,"mark":"a","extra":1}`)) == nil || checkFrame(d.client, []byte(`{"op":"typing","id":"1","d":{}}`)) == nil {
		t.Error("a wrong frame passes")
	}
}
