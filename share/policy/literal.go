package policy

import "strings"

// Literal keeps what a policy would take for a wildcard or a variable (IAM User
// Guide, Policy variables, special characters). It needs [Version2012].
func Literal(text string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(text)
}
