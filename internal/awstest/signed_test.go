package awstest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// signed makes a call of a service that has no client here.
func signed(t *testing.T, stand *awstest.AWS, caller aws.Config, service, method, path string, headers map[string]string, body []byte) (status int, answer []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, stand.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	keys, err := caller.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, request, hash, service, awstest.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// kms calls KMS, and gives the error's code, "ok" for none, and the answer.
func kms(t *testing.T, stand *awstest.AWS, caller aws.Config, operation string, asked map[string]any) (code string, answer map[string]any) {
	t.Helper()
	body, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	status, text := signed(t, stand, caller, "kms", http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService." + operation,
	}, body)
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %d, %s", operation, status, text)
	}
	if status != http.StatusOK {
		kind, _ := answer["__type"].(string)
		return kind[strings.LastIndex(kind, "#")+1:], answer
	}
	return "ok", answer
}
