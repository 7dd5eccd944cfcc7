package auth

// escapeLike makes text literal in a LIKE pattern with ESCAPE '!'.
func escapeLike(text string) string {
	out := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c == '%' || c == '_' || c == '!' {
			out = append(out, '!')
		}
		out = append(out, c)
	}
	return string(out)
}
