package awstest_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// keyPolicy is a key's policy: the account's IAM, and one statement more.
func keyPolicy(principal, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + prod + `:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":["kms:Decrypt","kms:DescribeKey"],"Resource":"*"` + condition + `}]}`
}

// TestForeignKeys: another account decrypts if the key's policy and its own let it,
// in the encryption context that the policy wants, or by a grant.
func TestForeignKeys(t *testing.T) {
	stand := stack.Start(t)
	root := stand.Account(prod).Config()
	key := stand.Account(prod).Key(t, "")
	may := stand.Account(dev).User(t, "may", awstest.Allow(key, "kms:*"))
	without := stand.Account(dev).User(t, "without", "")
	const trail = "arn:aws:cloudtrail:us-east-1:" + prod + ":trail/main"
	context := map[string]any{"aws:cloudtrail:arn": trail}
	encrypt := func(context map[string]any) any {
		got, answer := kms(t, stand, root, "Encrypt", map[string]any{"KeyId": key, "Plaintext": "eA==", "EncryptionContext": context})
		if got != "ok" {
			t.Fatal(answer)
		}
		return answer["CiphertextBlob"]
	}
	logged, bare := encrypt(context), encrypt(map[string]any{})
	const ok, denied = "ok", "AccessDeniedException"
	const ofTrails = `,"Condition":{"Null":{"kms:EncryptionContext:aws:cloudtrail:arn":"false"}}`
	for _, c := range []struct {
		what, principal, condition string
		may, without, bare         string
	}{
		{"its own account", prod, "", denied, denied, denied},
		{"the account", dev, "", ok, denied, ok},
		{"another user", "arn:aws:iam::" + dev + ":user/without", "", denied, denied, denied},
		{"the user", "arn:aws:iam::" + dev + ":user/may", "", ok, denied, ok},
		{"what trails wrote", dev, ofTrails, ok, denied, denied},
		{"what trails of a third wrote", dev, `,"Condition":{"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:` + third + `:trail/*"}}`, denied, denied, denied},
		{"through S3", dev, `,"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}`, denied, denied, denied},
	} {
		if got, answer := kms(t, stand, root, "PutKeyPolicy", map[string]any{"KeyId": key, "PolicyName": "default", "Policy": keyPolicy(c.principal, c.condition)}); got != ok {
			t.Fatalf("%s: %v", c.what, answer)
		}
		got, _ := kms(t, stand, may, "Decrypt", map[string]any{"CiphertextBlob": logged, "EncryptionContext": context})
		if got != c.may {
			t.Errorf("%s, who may: %s, not %s", c.what, got, c.may)
		}
		if got, _ = kms(t, stand, without, "Decrypt", map[string]any{"CiphertextBlob": logged, "EncryptionContext": context, "KeyId": key}); got != c.without {
			t.Errorf("%s, without a policy of its own: %s, not %s", c.what, got, c.without)
		}
		if got, _ = kms(t, stand, may, "Decrypt", map[string]any{"CiphertextBlob": bare}); got != c.bare {
			t.Errorf("%s, without a context: %s, not %s", c.what, got, c.bare)
		}
	}
	_, made := kms(t, stand, root, "CreateGrant", map[string]any{"KeyId": key, "GranteePrincipal": "arn:aws:iam::" + dev + ":user/without", "Operations": []string{"Decrypt"}})
	decrypt := map[string]any{"CiphertextBlob": logged, "EncryptionContext": context, "KeyId": key}
	if got, _ := kms(t, stand, without, "Decrypt", decrypt); got != ok {
		t.Errorf("by a grant: %s", got)
	}
	if got, answer := kms(t, stand, root, "ListGrants", map[string]any{"KeyId": key}); got != ok || len(answer["Grants"].([]any)) != 1 {
		t.Errorf("the grants: %s, %v", got, answer)
	}
	kms(t, stand, root, "RevokeGrant", map[string]any{"KeyId": key, "GrantId": made["GrantId"]})
	if got, _ := kms(t, stand, without, "Decrypt", decrypt); got != denied {
		t.Errorf("by a grant that was revoked: %s", got)
	}
}

// TestKeyPolicies: those that KMS refuses.
func TestKeyPolicies(t *testing.T) {
	stand := stack.Start(t)
	key := stand.Account(prod).Key(t, "")
	const wrong = "MalformedPolicyDocumentException"
	for what, c := range map[string]struct{ policy, want string }{
		"whole":               {keyPolicy(dev, ""), "ok"},
		"no JSON":             {"{", wrong},
		"a user that is not":  {keyPolicy("arn:aws:iam::"+dev+":user/ghost", ""), wrong},
		"shuts its owner out": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + dev + `"},"Action":"kms:*","Resource":"*"}]}`, wrong},
		"more than 32 KB":     {keyPolicy(dev, `,"Sid":"`+strings.Repeat("x", 32<<10)+`"`), "LimitExceededException"},
	} {
		got, answer := kms(t, stand, stand.Account(prod).Config(), "PutKeyPolicy", map[string]any{"KeyId": key, "PolicyName": "default", "Policy": c.policy})
		if got != c.want {
			t.Errorf("%s: %s, %v, not %s", what, got, answer, c.want)
		}
	}
}

// TestSealedByTrail: what a trail wrote is read with the context that it added.
func TestSealedByTrail(t *testing.T) {
	stand := stack.Start(t)
	key := stand.Account(prod).Key(t, keyPolicy(dev, `,"Condition":{"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:`+prod+`:trail/*"}}`))
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Policy(t, reads("Allow", `{"AWS":"`+dev+`"}`, "s3:GetObject", "arn:aws:s3:::logs/*", ""))
	logs.Put(t,
		awstest.Object{Key: "logged", KMSKey: key, Context: map[string]string{"aws:cloudtrail:arn": "arn:aws:cloudtrail:us-east-1:" + prod + ":trail/main"}},
		awstest.Object{Key: "other", KMSKey: key})
	may := stand.Account(dev).User(t, "may", `{"Statement":[{"Effect":"Allow","Action":["s3:GetObject","kms:Decrypt"],"Resource":"*"}]}`)
	without := stand.Account(dev).User(t, "without", awstest.Allow("*", "s3:GetObject"))
	for name, want := range map[string]string{"logged": "ok", "other": "AccessDenied"} {
		if _, err := get(t, may, "logs", name); code(err) != want {
			t.Errorf("%s: %v, not %s", name, err, want)
		}
	}
	if _, err := get(t, without, "logs", "logged"); code(err) != "AccessDenied" || !strings.Contains(err.Error(), "kms:Decrypt") {
		t.Errorf("without kms:Decrypt: %v", err)
	}
}

// TestAWSKey: the key that AWS manages for S3 is no other account's.
func TestAWSKey(t *testing.T) {
	stand := stack.Start(t)
	describer := stand.Account(prod).User(t, "describer", awstest.Allow("*", "kms:DescribeKey"))
	got, answer := kms(t, stand, describer, "DescribeKey", map[string]any{"KeyId": "alias/aws/s3"})
	described, _ := answer["KeyMetadata"].(map[string]any)
	if got != "ok" || described["KeyManager"] != "AWS" {
		t.Fatal(got, answer)
	}
	key, _ := described["Arn"].(string)
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Policy(t, reads("Allow", `{"AWS":"`+dev+`"}`, "s3:GetObject", "arn:aws:s3:::logs/*", ""))
	logs.Put(t, awstest.Object{Key: "one", KMSKey: key})
	for account, want := range map[string]string{prod: "ok", dev: "AccessDenied"} {
		reader := stand.Account(account).User(t, "reader", awstest.Allow("*", "*"))
		if _, err := get(t, reader, "logs", "one"); code(err) != want {
			t.Errorf("account %s: %v, not %s", account, err, want)
		}
	}
}
