package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// reply is the reply to a plain request.
type reply struct {
	status      int
	contentType string
	body        string
}

func textReply(status int, text string) reply {
	return reply{status, "text/plain; charset=utf-8", text}
}

func jsonReply(value any) reply {
	return reply{http.StatusOK, "application/json", jsonText(value)}
}

func (reply reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", reply.contentType)
	w.WriteHeader(reply.status)
	// An error here means that the caller is gone: there is nobody left to tell.
	_, _ = io.WriteString(w, reply.body)
}

// jsonText is compact JSON. It leaves `<`, `>` and `&` as they are, which json.Marshal would escape.
func jsonText(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // The values of this program are strings, numbers, maps and structs: all of them can be encoded.
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// query is a request's query in its own order, which url.Values would lose.
type query []parameter

type parameter struct{ name, value string }

// parseQuery joins repeated names by a comma, as the host does it. `+` is a blank.
func parseQuery(raw string) query {
	var parsed query
	for _, pair := range strings.Split(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		first := slices.IndexFunc(parsed, func(p parameter) bool { return p.name == name })
		if first < 0 {
			parsed = append(parsed, parameter{name, value})
		} else {
			parsed[first].value += "," + value
		}
	}
	return parsed
}

// get is the value of the parameter with this name, or empty.
func (q query) get(name string) string {
	for _, p := range q {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// MarshalJSON makes an object with the members in the query's order.
func (q query) MarshalJSON() ([]byte, error) {
	members := make([]string, len(q))
	for i, p := range q {
		members[i] = jsonText(p.name) + ":" + jsonText(p.value)
	}
	return []byte("{" + strings.Join(members, ",") + "}"), nil
}

// unescape leaves an escape that is none as it is written, where url.QueryUnescape would give up.
func unescape(escaped string) string {
	text := []byte(strings.ReplaceAll(escaped, "+", " "))
	for at := 0; at < len(text); at++ {
		if text[at] != '%' || len(text) < at+3 {
			continue
		}
		if char, err := hex.DecodeString(string(text[at+1 : at+3])); err == nil {
			text = slices.Replace(text, at, at+3, char[0])
		}
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
