package main

import "encoding/json"

// Envelope is how the host wraps what a function in default mode gets. Each function says what it expects inside.
type Envelope[Data, Metadata any] struct {
	Data     *Data
	Metadata *Metadata
}

// BadEnvelope is the error for a body that is not what the host sends: what was expected, and why this is not it.
type BadEnvelope struct{ Why error }

func (b BadEnvelope) Error() string {
	return `Expected a JSON body such as {"Data":{},"Metadata":{}}, and in it what the function reads: ` + b.Why.Error()
}

// Quoted is nearly every value in Data and Metadata. For null, Value is a pointer.
//
// A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
type Quoted[Value any] struct{ Value Value }

// UnmarshalJSON decodes the string, then the JSON text inside.
func (q *Quoted[Value]) UnmarshalJSON(quoted []byte) error {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), &q.Value)
}

// InvocationResult is what a function gives the host; it leaves out what it has none of.
//
// The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
// Give them as []byte: encoding/json writes that as base64.
type InvocationResult struct {
	Outputs map[string]any `json:",omitempty"`
	// The host prints each line of Logs under the category Function.<Name>.User.
	Logs        []string `json:",omitempty"`
	ReturnValue any      `json:",omitempty"`
}

// jsonOutput is the value of an http output with a JSON body.
//
// The body is a string: an object would arrive indented, as text/plain.
func jsonOutput(statusCode int, body any) map[string]any {
	return map[string]any{"statusCode": statusCode, "headers": map[string]string{"content-type": "application/json"}, "body": string(jsonText(body))}
}

// jsonText is the JSON of a value that surely has one: strings, numbers, booleans, and maps and structs of these.
func jsonText(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
