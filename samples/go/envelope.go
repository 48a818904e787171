package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Envelope is how the host wraps what a function gets.
type Envelope struct {
	Data, Metadata members
}

// Answer is what a function gives the host. A function leaves out what it has none of.
type Answer struct {
	Outputs map[string]any
	// The host prints each line of Logs under the category Function.<Name>.User.
	Logs        []string
	ReturnValue any
}

// httpOutput is the value of an http output.
type httpOutput struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	// The body is a string: an object would arrive indented, as text/plain.
	Body string `json:"body"`
}

// members are those of a JSON object. A map has its keys exactly as they came; the fields of a struct would match any letter case.
type members map[string]json.RawMessage

// badEnvelope says what was expected of a request that is not what the host sends.
type badEnvelope string

func (b badEnvelope) Error() string { return string(b) }

// readEnvelope reads {Data, Metadata}, both objects, from a request's body.
func readEnvelope(body []byte) (Envelope, error) {
	var envelope members
	err := json.Unmarshal(body, &envelope)
	data, dataErr := envelope.object("Data")
	metadata, metadataErr := envelope.object("Metadata")
	if errors.Join(err, dataErr, metadataErr) != nil {
		return Envelope{}, badEnvelope(`Expected a JSON body such as {"Data":{},"Metadata":{}}`)
	}
	return Envelope{Data: data, Metadata: metadata}, nil
}

// object is a member that is an object itself: an HTTP request, a timer.
func (m members) object(name string) (members, error) {
	var object members
	if err := json.Unmarshal(m[name], &object); err != nil || object == nil {
		return nil, badEnvelope(fmt.Sprintf("Expected `%s` to be an object", name))
	}
	return object, nil
}

// text is a member that is a plain string.
func (m members) text(name string) (string, bool) {
	var text *string
	if err := json.Unmarshal(m[name], &text); err != nil || text == nil {
		return "", false
	}
	return *text, true
}

// decode reads a member of Data or Metadata into a value, a pointer where null is allowed; expected says what the host sends there.
//
// A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
func (m members) decode(name string, value any, expected string) error {
	text, ok := m.text(name)
	if !ok || json.Unmarshal([]byte(text), value) != nil {
		return badEnvelope(fmt.Sprintf("Expected `%s` to be %s, as JSON inside a JSON string", name, expected))
	}
	return nil
}

// decodeText is decode where only a text will do: a queue message, a name.
func (m members) decodeText(name string) (string, error) {
	var text notNull[string]
	err := m.decode(name, &text, "a text")
	return text.value, err
}

// blobBytes are the bytes of a blob trigger.
//
// The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
func (m members) blobBytes(name string) ([]byte, error) {
	text, ok := m.text(name)
	bytes, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil {
		return nil, badEnvelope(fmt.Sprintf("Expected `%s` to be base64", name))
	}
	return bytes, nil
}

// attempt says which attempt at a message this is.
//
// DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
func (e Envelope) attempt() (uint, error) {
	if _, given := e.Metadata["DequeueCount"]; !given {
		return 0, nil
	}
	var count notNull[uint]
	err := e.Metadata.decode("DequeueCount", &count, "a number")
	return count.value, err
}

// complete is the answer as the host gets it: always with all three members, which a nil map or slice would turn into null.
func (a Answer) complete() Answer {
	if a.Outputs == nil {
		a.Outputs = map[string]any{}
	}
	if a.Logs == nil {
		a.Logs = []string{}
	}
	return a
}

// outputBytes is what to give the host so that a queue or blob gets exactly these bytes.
//
// The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
func outputBytes[Content string | []byte](content Content) string {
	return base64.StdEncoding.EncodeToString([]byte(content))
}

// jsonOutput is an http output with a JSON body.
func jsonOutput(statusCode int, body any) httpOutput {
	return httpOutput{statusCode, map[string]string{"content-type": "application/json"}, jsonText(body)}
}

// notNull is a value that JSON's null is refused for; encoding/json would leave the value as it is.
type notNull[Value any] struct{ value Value }

func (n *notNull[Value]) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return errors.New("null")
	}
	return json.Unmarshal(text, &n.value)
}
