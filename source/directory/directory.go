// Package directory asks AWS for names: which accounts an organisation has, and
// which users an Identity Center. What it calls, and from which account it may be
// called, its errors say.
package directory

// Policy is a session policy (JSON) that allows what is called here: an identity
// store may have a key of its own.
const Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["organizations:DescribeOrganization","organizations:ListAccounts","sso:ListInstances","identitystore:ListUsers","kms:Decrypt"],"Resource":"*"}]}`
