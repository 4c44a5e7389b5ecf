// Package deploy says what AWS's text "How to Audit Cross-Account Roles Using AWS
// CloudTrail and Amazon CloudWatch Events" sets up, as CloudFormation templates that
// a reviewer can read: the hub, which keeps events in a table, the spokes, which send
// it who got credentials, and the role that is assumed across accounts. It is pure: it
// says what is to be there, deploy/site looks at what is, deploy/stack brings it about.
//
//	each enabled region of an account                     the hub's account and region
//	rule (AssumeRole, …) ─► the hub's event bus,    ─► queue ─► function ─► table
//	                        or a topic of the region      ▲        dead letters, alarms
//	                     CloudTrail ─► bucket ────────────┘
//
// EventBridge and STS are regional, so a spoke has a rule in each region that is
// enabled. A rule's target may be an event bus of another account and region, also from
// one that an account has to ask for (EventBridge User Guide, "Sending and receiving
// events between AWS Regions", and its example policy of Bahrain); a topic must be of
// the rule's own region. Events go to a bus by a role of the spoke's: an organisation's
// accounts need one always (EventBridge API Reference, PutTargets), and AWS recommends
// it ("Permissions for event buses"). By it a spoke in the hub's own account and
// region, or in another one of its regions, needs nothing of the bus's policy.
package deploy
