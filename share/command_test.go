package share_test

import (
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
)

// TestCommand: a grant tells the command line that makes it.
func TestCommand(t *testing.T) {
	const trail = " --trail arn:aws:cloudtrail:us-east-1:" + owner + ":trail/main"
	for _, c := range []struct {
		w      share.Want
		change []func(*share.Surroundings)
		more   []string
		want   string
	}{
		{share.Want{To: member}, nil, nil, "--to " + member + " --via bucket-policy" + trail},
		{share.Want{Organization: true}, nil, nil, "--to-organization" + trail},
		{share.Want{To: member}, nil, []string{"--expires", "90d"}, "--to " + member + " --via bucket-policy" + trail + " --expires 90d"},
		{share.Want{To: member, Expires: now.Add(time.Hour)}, nil, []string{"--expires", "90d"}, "--to " + member + " --via bucket-policy" + trail + " --expires 90d"},
		{
			share.Want{To: "arn:aws:iam::" + outside + ":user/auditor", ExternalID: "acme-1", Logs: share.Logs{All: true}, MFA: true, Since: day("2026-01-01"), Until: day("2026-02-01"), Policy: share.Seed, SessionName: "${aws:username}*", Expires: now.Add(time.Hour)},
			[]func(*share.Surroundings){noTrail},
			nil,
			"--to arn:aws:iam::" + outside + ":user/auditor --via role --logs all --since 2026-01-01 --until 2026-02-01 --policy seed --external-id acme-1 --require-mfa --pin-session-name '${aws:username}*' --expires 2026-11-29T13:00:00Z --bucket acme-logs",
		},
	} {
		g, _, _, err := share.NewGrant(c.w, surroundings(t, c.change...))
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Command(c.more...); got != "crosstrail share grant "+c.want {
			t.Errorf("%s\nand not %s", got, c.want)
		}
	}
	if got := (&share.Grant{To: member, ExternalID: "x' $(id)", Means: share.Role, Bucket: "b"}).Command(); got != `crosstrail share grant --to `+member+` --via role --external-id 'x'\'' $(id)' --bucket b` {
		t.Error(got)
	}
}
