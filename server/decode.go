package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
)

// Limits of a request body.
const (
	maxBody  = 256 << 10
	maxDepth = 32
	maxKeys  = 1000
	maxItems = 200
)

// decode reads a JSON object into v, strictly: the content type is JSON, the text
// is UTF-8 without a byte-order mark, nothing follows the object, no key is unknown
// (422 with its pointer) or stands twice, no text contains U+0000, which PostgreSQL
// can't hold, and depth, keys and array lengths are bounded. Where an operation has a body, a missing body is malformed.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return malformed("the request has no body").WithHint("Send a JSON object with Content-Type: application/json.")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &contracts.Error{Code: contracts.CodeMediaType, Message: "the body must be JSON", Hint: "Send Content-Type: application/json."}
	}
	return decodeStrict(body, v)
}

// noBody refuses a body where the operation has none; {} is let through.
func noBody(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return decodeStrict(body, &struct{}{})
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, contracts.ErrTooLarge.With("the body is larger than 256 KiB")
		}
		return nil, malformed("the body could not be read")
	}
	return body, nil
}

// decodeStrict is decode without HTTP; the socket's frames go through it too.
func decodeStrict(body []byte, v any) error {
	if bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) {
		return malformed("the JSON begins with a byte-order mark")
	}
	if !utf8.Valid(body) {
		return malformed("the JSON is not valid UTF-8")
	}
	if err := checkShape(body, reflect.TypeOf(v)); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			pointer := "/" + strings.ReplaceAll(wrong.Field, ".", "/")
			return contracts.Invalid(pointer, fmt.Sprintf("%s must be %s, not %s", pointer[1:], jsonName(wrong.Type), wrong.Value))
		}
		var coded *contracts.Error
		if errors.As(err, &coded) {
			return coded
		}
		return contracts.ErrInvalid.With("a value in the JSON has a wrong form")
	}
	return nil
}

func malformed(message string) *contracts.Error {
	return &contracts.Error{Code: contracts.CodeMalformed, Message: message}
}

// checkShape walks the tokens once: syntax, depth, counts, duplicate keys, and keys
// that the type does not have.
func checkShape(body []byte, t reflect.Type) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	s := shape{d: d}
	if err := s.value(field{t: t}, "", 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("something follows the JSON value")
	}
	return nil
}

// pointerEscapes makes a key a part of a JSON pointer (RFC 6901).
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

type shape struct {
	d    *json.Decoder
	keys int
}

func (s *shape) next() (json.Token, error) {
	token, err := s.d.Token()
	if err != nil {
		return nil, malformed("the JSON is broken at byte " + strconv.FormatInt(s.d.InputOffset(), 10))
	}
	return token, nil
}

func (s *shape) value(f field, pointer string, depth int) error {
	t := f.t
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	token, err := s.next()
	if err != nil {
		return err
	}
	delim, nested := token.(json.Delim)
	text, _ := token.(string)
	switch {
	case !isText(text):
		return contracts.Invalid(pointer, strings.TrimPrefix(pointer, "/")+" contains U+0000, which is no text")
	case depth == 0 && (!nested || delim != '{'):
		return malformed("the JSON is not an object")
	case !nested && token == nil && t != nil && t != rawMessage && !f.null:
		return contracts.Invalid(pointer, strings.TrimPrefix(pointer, "/")+" must not be null")
	case !nested:
		return nil
	case depth >= maxDepth:
		return contracts.ErrInvalid.With("the JSON is nested deeper than 32 levels")
	case delim == '[':
		return s.array(t, pointer, depth)
	}
	return s.object(t, pointer, depth)
}

func (s *shape) array(t reflect.Type, pointer string, depth int) error {
	var element reflect.Type
	if t != nil && t.Kind() == reflect.Slice && t != rawMessage {
		element = t.Elem()
	}
	for i := 0; s.d.More(); i++ {
		if i >= maxItems {
			return contracts.Invalid(pointer, strings.TrimPrefix(pointer, "/")+" has more than 200 items")
		}
		if err := s.value(field{t: element}, pointer+"/"+strconv.Itoa(i), depth+1); err != nil {
			return err
		}
	}
	_, err := s.next()
	return err
}

func (s *shape) object(t reflect.Type, pointer string, depth int) error {
	seen := map[string]bool{}
	for s.d.More() {
		token, err := s.next()
		if err != nil {
			return err
		}
		key := token.(string) // inside an object the decoder gives keys as strings
		at := pointer + "/" + pointerEscapes.Replace(key)
		if s.keys++; s.keys > maxKeys {
			return contracts.ErrInvalid.With("the JSON has more than 1,000 keys")
		}
		if !isText(key) {
			return contracts.Invalid(pointer, "a key contains U+0000, which is no text")
		}
		if seen[key] {
			return contracts.Invalid(at, at[1:]+" stands twice")
		}
		seen[key] = true
		f, known := fieldOf(t, key)
		if !known {
			return &contracts.Error{Code: contracts.CodeUnknownField, Message: "this operation does not know the field " + strconv.Quote(key), Hint: fieldsOf(t), Field: at}
		}
		if err := s.value(f, at, depth+1); err != nil {
			return err
		}
	}
	if _, err := s.next(); err != nil {
		return err
	}
	if t != nil && t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if strings.Contains(t.Field(i).Tag.Get("is"), "required") && !seen[name] {
				return contracts.Invalid(pointer+"/"+name, (pointer + "/" + name)[1:]+" is required")
			}
		}
	}
	return nil
}

// A field of a body's struct. Its tag `is` may say "required" (the key must stand
// there) and "nullable" (null is let through, as the zero value).
type field struct {
	t    reflect.Type
	null bool
}

var rawMessage = reflect.TypeFor[json.RawMessage]()

// fieldOf finds an object's field. known is false when t is a struct without it; in
// what is not a struct every key is known.
func fieldOf(t reflect.Type, key string) (f field, known bool) {
	switch {
	case t == nil || t == rawMessage:
		return field{}, true
	case t.Kind() == reflect.Map:
		return field{t: t.Elem(), null: true}, true
	case t.Kind() != reflect.Struct:
		return field{}, true // json.Unmarshal says what is wrong
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == key {
			return field{t: t.Field(i).Type, null: strings.Contains(t.Field(i).Tag.Get("is"), "nullable")}, true
		}
	}
	return field{}, false
}

// fieldsOf lists what a body may hold, for the hint of an unknown field.
func fieldsOf(t reflect.Type) string {
	names := make([]string, 0, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	if len(names) == 0 {
		return "It takes no fields."
	}
	return "It knows " + strings.Join(names, ", ") + "."
}

func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}
