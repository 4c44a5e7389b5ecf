package main

import (
	"github.com/spf13/cobra"
)

func newShareCommand(ui *terminal) *cobra.Command {
	return group(&cobra.Command{
		Use:   "share",
		Short: "give others access to log files, prove it, use it, take it back",
		Long: `Share the log files of a trail's bucket with other accounts, as narrowly as they need
them; see who can read them; and use what was shared with you. AWS holds what is
shared, in roles with crosstrail's tags and statements with its Sids: nothing is kept
elsewhere.`,
		Example: `  # what would let an account read its own log files, and then do it
  crosstrail share plan --to 222222222222
  crosstrail share grant --to 222222222222

  # who may read
  crosstrail share list

  # what the reader has to know; and taking it back
  crosstrail share handover k5zq3mhn4xwa
  crosstrail share revoke k5zq3mhn4xwa

  # the log files that somebody shares with you, into a folder
  crosstrail share fetch --role-arn arn:aws:iam::999999999999:role/log-reader \
    s3://acme-trail/AWSLogs/222222222222/ ./logs`,
	},
		newSharePlanCommand(ui),
		newShareGrantCommand(ui),
		newShareListCommand(ui),
		newShareVerifyCommand(ui),
		newShareSelftestCommand(ui),
		newShareUsageCommand(ui),
		newShareHandoverCommand(ui),
		newShareReaderPolicyCommand(ui),
		newShareFetchCommand(ui),
		newShareRevokeCommand(ui),
	)
}
