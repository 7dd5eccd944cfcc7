package cliutil

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"
)

// TimeFormat is how every time is written: RFC 3339, UTC, milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z07:00"

// object is a JSON object that keeps the order of its keys.
type object struct {
	keys   []string
	values map[string]any
}

func (o *object) set(key string, v any) {
	if o.values == nil {
		o.values = map[string]any{}
	}
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
}

// MarshalJSON writes the keys in order.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendJSON(&b, k); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := appendJSON(&b, o.values[k]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// appendJSON writes v without escaping <, > and &, which people would have to read.
func appendJSON(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the newline that Encode adds
	return nil
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
)

// encode turns a value into objects, slices and scalars as encoding/json would,
// but with times in milliseconds (encoding/json drops trailing zeros, so that
// columns and string comparisons would not line up).
func encode(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	switch {
	case v.Type() == timeType:
		return v.Interface().(time.Time).UTC().Format(TimeFormat), nil
	case v.Type() == rawType:
		return decodeRaw(v.Bytes())
	case v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface && v.Type().Implements(marshalerType):
		return v.Interface(), nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return encode(v.Elem())
	case reflect.Struct:
		return encodeStruct(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Interface(), nil
		}
		list := make([]any, v.Len())
		for i := range list {
			e, err := encode(v.Index(i))
			if err != nil {
				return nil, err
			}
			list[i] = e
		}
		return list, nil
	default:
		return v.Interface(), nil
	}
}

// decodeRaw reads stored JSON, keeping numbers and the order of keys as they stand.
func decodeRaw(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := decodeValue(d)
	if err != nil {
		return nil, fmt.Errorf("read stored JSON: %w", err)
	}
	return v, nil
}

func decodeValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		o := &object{values: map[string]any{}}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			o.set(key.(string), v) // the decoder has checked that a key is a string
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

func encodeMap(v reflect.Value) (any, error) {
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	o := &object{values: map[string]any{}}
	for _, k := range keys {
		e, err := encode(v.MapIndex(k))
		if err != nil {
			return nil, err
		}
		o.set(k.String(), e)
	}
	return o, nil
}

func encodeStruct(v reflect.Value) (any, error) {
	o := &object{values: map[string]any{}}
	for _, f := range jsonFields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if f.omitEmpty && isEmpty(field) {
			continue
		}
		e, err := encode(field)
		if err != nil {
			return nil, err
		}
		o.set(f.name, e)
	}
	return o, nil
}

// jsonField is a field of a struct under its name in JSON.
type jsonField struct {
	reflect.StructField
	name      string
	omitEmpty bool
}

// jsonFields are the fields that encoding/json writes, those of embedded structs included.
func jsonFields(t reflect.Type) []jsonField {
	var list []jsonField
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if embedded := f.Anonymous && name == ""; embedded || !f.IsExported() || name == "-" {
			continue
		}
		list = append(list, jsonField{f, cmp.Or(name, f.Name), strings.Contains(options, "omitempty")})
	}
	return list
}

// isEmpty is what encoding/json's omitempty means.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		return false
	case reflect.Slice, reflect.Map, reflect.Array, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

// fieldNames lists the fields that a value of the type may show, with those of
// nested objects behind a dot. A map or an interface shows what it holds.
func fieldNames(t reflect.Type, depth int) (names []string, open bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != rawType {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == timeType {
		return nil, t.Kind() == reflect.Map || t.Kind() == reflect.Interface || t == rawType
	}
	for _, f := range jsonFields(t) {
		names = append(names, f.name)
		if depth > 0 && f.Type.Kind() != reflect.Slice {
			more, _ := fieldNames(f.Type, depth-1)
			for _, m := range more {
				names = append(names, f.name+"."+m)
			}
		}
	}
	return names, false
}

// checkFields returns the wanted fields, or a usage error that names the nearest.
func checkFields(wanted string, t reflect.Type) ([]string, error) {
	if wanted == "" {
		return nil, nil
	}
	known, open := fieldNames(t, 2)
	var fields []string
	for f := range strings.SplitSeq(wanted, ",") {
		f = strings.TrimSpace(f)
		head, _, _ := strings.Cut(f, ".")
		if f == "" || !open && !slices.Contains(known, f) && !(rawField(t, head) && strings.Contains(f, ".")) {
			top, _ := fieldNames(t, 0)
			return nil, Usagef("--fields: there is no field %q", f).WithHint(suggest(f, known, "Fields: "+strings.Join(top, ", ")))
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// rawField reports whether the field holds stored JSON, whose keys nobody lists.
func rawField(t reflect.Type, name string) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && slices.ContainsFunc(jsonFields(t), func(f jsonField) bool { return f.name == name && f.Type == rawType })
}

// lookup follows a dotted path.
func lookup(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		o, ok := v.(*object)
		if !ok {
			return nil
		}
		v = o.values[part]
	}
	return v
}

// pick keeps only some fields of an object; a dotted one stands under its full name.
func pick(v any, fields []string) any {
	if len(fields) == 0 {
		return v
	}
	o := &object{values: map[string]any{}}
	for _, f := range fields {
		o.set(f, lookup(v, f))
	}
	return o
}
