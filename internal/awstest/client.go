package awstest

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crosstrail/crosstrail/internal/awscfg"
)

// config is one caller's.
func (a *AWS) config(key, secret, token string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &a.Endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, token),
		HTTPClient:   a.client,
	}
}

// newClient takes no proxy, and holds a connection for each of many calls at once.
func newClient() aws.HTTPClient {
	return awscfg.PlainBodies{Client: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = nil
		t.MaxIdleConnsPerHost = 64
	})}
}
