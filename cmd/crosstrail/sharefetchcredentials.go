package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"
)

// credentialsRunning is set for what this program starts while it looks for the
// caller's credentials: a profile whose credential_process is this command, and
// which the command itself takes for the caller's, would start it again and again.
const credentialsRunning = "CROSSTRAIL_CREDENTIAL_PROCESS"

// printCredentials prints a session's credentials as credential_process wants them
// (AWS CLI User Guide, Sourcing credentials with an external process), and nothing
// else. They are told to end two minutes before they do, so that no call is signed
// with ended ones.
func (f *fetching) printCredentials(ctx context.Context) error {
	if os.Getenv(credentialsRunning) != "" {
		return hinted(errors.New("credential_process calls itself: the profile that it is of is the one that it takes its own credentials from"),
			"name the profile to assume the role with in credential_process itself: --profile NAME")
	}
	if err := os.Setenv(credentialsRunning, "1"); err != nil {
		return err
	}
	cfg, err := f.aws.config(ctx, f.ui, "")
	if err != nil {
		return err
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return f.aws.explained(err)
	}
	return f.ui.print(func(w io.Writer) error {
		return json.NewEncoder(w).Encode(struct {
			Version         int
			AccessKeyID     string `json:"AccessKeyId"`
			SecretAccessKey string
			SessionToken    string
			Expiration      string
		}{1, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expires.UTC().Format(time.RFC3339)})
	})
}
