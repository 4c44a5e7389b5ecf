package synth

import (
	"strings"
	"time"
)

// act is one API call as a template. In its texts $b is a bucket, $t a table, $a
// the account, $g the region, $r a role, $i 17 hex digits, $h 64, $u a uuid, $k
// an object's key, $n a number.
type act struct {
	source, name      string
	write             bool
	request, response string
	kind, arn         string // of resources, "" for none
	extra             string
}

// acts begin with what is done most.
var acts = []act{
	{source: "sts", name: "GetCallerIdentity"},
	{source: "dynamodb", name: "DescribeTable", request: `{"tableName":"$t"}`, kind: "AWS::DynamoDB::Table", arn: "arn:aws:dynamodb:$g:$a:table/$t"},
	{source: "kms", name: "Decrypt", request: `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::$b"}}`, kind: "AWS::KMS::Key", arn: "arn:aws:kms:$g:$a:key/1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9"},
	{source: "logs", name: "DescribeLogGroups", request: `{"limit":50,"logGroupNamePrefix":"/aws/"}`},
	{source: "s3", name: "GetObject", request: `{"bucketName":"$b","Host":"$b.s3.$g.amazonaws.com","key":"$k"}`, kind: "AWS::S3::Bucket", arn: "arn:aws:s3:::$b", extra: s3Extra},
	{source: "ec2", name: "DescribeInstances", request: `{"maxResults":1000,"instancesSet":{},"filterSet":{"items":[{"name":"tag:team","valueSet":{"items":[{"value":"$b"}]}},{"name":"instance-state-name","valueSet":{"items":[{"value":"pending"},{"value":"running"},{"value":"stopping"},{"value":"stopped"}]}}]}}`},
	{source: "iam", name: "GetRole", request: `{"roleName":"$r"}`},
	{source: "s3", name: "ListBuckets", request: `{"Host":"s3.$g.amazonaws.com"}`},
	{source: "s3", name: "ListObjects", request: `{"list-type":"2","bucketName":"$b","encoding-type":"url","max-keys":"1000","prefix":"raw/$n/","delimiter":"/","Host":"$b.s3.$g.amazonaws.com"}`, kind: "AWS::S3::Bucket", arn: "arn:aws:s3:::$b", extra: s3Extra},
	{source: "ec2", name: "DescribeSecurityGroups", request: `{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-0$i"}]},"filterSet":{}}`},
	{source: "kms", name: "GenerateDataKey", request: `{"keySpec":"AES_256","keyId":"arn:aws:kms:$g:$a:key/1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::$b/$k"}}`, kind: "AWS::KMS::Key", arn: "arn:aws:kms:$g:$a:key/1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9"},
	{source: "logs", name: "CreateLogStream", write: true, request: `{"logGroupName":"/aws/lambda/$r","logStreamName":"2026/03/02/[$LATEST]$i"}`},
	{source: "secretsmanager", name: "GetSecretValue", request: `{"secretId":"arn:aws:secretsmanager:$g:$a:secret:prod/$b-AbCdEf"}`},
	{source: "ecr", name: "BatchGetImage", request: `{"registryId":"$a","repositoryName":"svc/$b","imageIds":[{"imageDigest":"sha256:$h"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]}`, response: `{"images":[{"repositoryName":"svc/$b","registryId":"$a","imageId":{"imageDigest":"sha256:$h"}}],"failures":[]}`, kind: "AWS::ECR::Repository", arn: "arn:aws:ecr:$g:$a:repository/svc/$b"},
	{source: "elasticloadbalancing", name: "DescribeTargetHealth", request: `{"targetGroupArn":"arn:aws:elasticloadbalancing:$g:$a:targetgroup/k8s-$b/$i"}`},
	{source: "iam", name: "ListAttachedRolePolicies", request: `{"roleName":"$r"}`},
	{source: "ssm", name: "GetParametersByPath", request: `{"path":"/prod/$b","recursive":true,"withDecryption":true,"maxResults":10}`},
	{source: "s3", name: "PutBucketPolicy", write: true, request: `{"bucketName":"$b","Host":"$b.s3.$g.amazonaws.com","policy":"","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"Readers","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::$a:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::$b/*"}]}}`, kind: "AWS::S3::Bucket", arn: "arn:aws:s3:::$b"},
	{source: "ec2", name: "RunInstances", write: true, request: `{"instancesSet":{"items":[{"imageId":"ami-0$i","minCount":1,"maxCount":1,"keyName":"ops"}]},"instanceType":"m7g.large","blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"$u","iamInstanceProfile":{"name":"$r"},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"Name","value":"worker $n"},{"key":"team","value":"data \"platform\""}]}]}}`, response: `{"requestId":"$u","reservationId":"r-0$i","ownerId":"$a","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-0$i","imageId":"ami-0$i","instanceState":{"code":0,"name":"pending"},"amiLaunchIndex":0,"productCodes":{},"instanceType":"m7g.large","launchTime":1772438400000,"placement":{"availabilityZone":"$ga","tenancy":"default"},"monitoring":{"state":"disabled"},"architecture":"arm64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen","clientToken":"$u"}]}}`},
	{source: "ec2", name: "AuthorizeSecurityGroupIngress", write: true, request: `{"groupId":"sg-0$i","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}`, response: `{"requestId":"$u","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"$a","groupId":"sg-0$i","securityGroupRuleId":"sgr-0$i","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"10.0.0.0/8"}]}}`},
	{source: "iam", name: "PutRolePolicy", write: true, request: `{"roleName":"$r","policyName":"inline-$n","policyDocument":"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": [\n        \"s3:GetObject\",\n        \"s3:ListBucket\"\n      ],\n      \"Resource\": \"arn:aws:s3:::$b/*\"\n    }\n  ]\n}"}`},
	{source: "lambda", name: "UpdateFunctionCode20150331v2", write: true, request: `{"functionName":"$r","s3Bucket":"$b","s3Key":"$k","publish":false,"dryRun":false}`, response: `{"functionName":"$r","functionArn":"arn:aws:lambda:$g:$a:function:$r","runtime":"provided.al2023","handler":"bootstrap","codeSize":$n,"codeSha256":"$u","version":"$LATEST","state":"Active","lastUpdateStatus":"InProgress"}`, kind: "AWS::Lambda::Function", arn: "arn:aws:lambda:$g:$a:function:$r"},
	{source: "dynamodb", name: "UpdateTable", write: true, request: `{"tableName":"$t","billingMode":"PAY_PER_REQUEST"}`, response: `{"tableDescription":{"tableName":"$t","tableStatus":"UPDATING","tableArn":"arn:aws:dynamodb:$g:$a:table/$t","itemCount":$n}}`, kind: "AWS::DynamoDB::Table", arn: "arn:aws:dynamodb:$g:$a:table/$t"},
	{source: "dynamodb", name: "DeleteTable", write: true, request: `{"tableName":"$t"}`, response: `{"tableDescription":{"tableName":"$t","tableStatus":"DELETING","provisionedThroughput":{"numberOfDecreasesToday":0,"readCapacityUnits":0,"writeCapacityUnits":0},"tableSizeBytes":$n,"itemCount":$n,"tableArn":"arn:aws:dynamodb:$g:$a:table/$t","tableId":"$u","deletionProtectionEnabled":false}}`, kind: "AWS::DynamoDB::Table", arn: "arn:aws:dynamodb:$g:$a:table/$t"},
	{source: "s3", name: "PutObject", write: true, request: `{"bucketName":"$b","Host":"$b.s3.$g.amazonaws.com","x-amz-server-side-encryption":"aws:kms","key":"$k"}`, response: `{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:$g:$a:key/1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9"}`, kind: "AWS::S3::Bucket", arn: "arn:aws:s3:::$b", extra: s3Extra},
}

const s3Extra = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"$i/$i=","bytesTransferredOut":$n}`

// scene is what the placeholders of an act stand for.
type scene struct {
	account, region, bucket, table, role string
}

func named(name string) act {
	for _, a := range acts {
		if a.name == name {
			return a
		}
	}
	panic("synth: no act " + name)
}

func (d dice) appendExpanded(b []byte, text string, s *scene) []byte {
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			return append(b, text...)
		}
		b = append(b, text[:i]...)
		switch text[i+1] {
		case 'a':
			b = append(b, s.account...)
		case 'b':
			b = append(b, s.bucket...)
		case 'g':
			b = append(b, s.region...)
		case 'h':
			b = d.appendText(b, 64, hexDigits)
		case 'i':
			b = d.appendText(b, 16, hexDigits)
		case 'k':
			b = append(b, "year=2026/month=03/part-"...)
			b = append(d.appendText(b, 4, hexDigits), ".parquet"...)
		case 'n':
			b = d.appendText(append(b, '1'), 1+d.IntN(3), hexDigits[:10])
		case 'r':
			b = append(b, s.role...)
		case 't':
			b = append(b, s.table...)
		case 'u':
			b = d.appendUUID(b)
		default:
			b = append(b, '$', text[i+1])
		}
		text = text[i+2:]
	}
}

func (d dice) expand(text string, s *scene) raw { return raw(d.appendExpanded(nil, text, s)) }

// call makes one API call with a credential, on whatever there is.
func (w *world) call(c *cred, at time.Time, a act) *event { return w.callOn(w.scene(c), c, at, a) }

func (w *world) callOn(s *scene, c *cred, at time.Time, a act) *event {
	e := w.record(c, at, a.source+".amazonaws.com", a.name)
	e.region = region(c, e.source)
	e.readOnly = !a.write
	e.request, e.response, e.extra = w.expand(a.request, s), w.expand(a.response, s), w.expand(a.extra, s)
	if a.kind != "" {
		e.resources = array(object("accountId", c.in.id, "type", a.kind, "ARN", string(w.expand(a.arn, s))))
	}
	return e
}

func (w *world) scene(c *cred) *scene {
	return &scene{
		account: c.in.id, region: c.region, role: pick(w.dice, []string{"etl", "web", "reports", "ingest"}),
		bucket: pick(w.dice, []string{"acme-logs", "acme-data", "acme-web", "acme-backups"}),
		table:  pick(w.dice, []string{"ledger", "orders", "sessions", "inventory"}),
	}
}

// work makes n calls, a little apart, and returns them.
func (w *world) work(c *cred, at time.Time, n int) []*event {
	var made []*event
	for range n {
		made = append(made, w.call(c, at, pick(w.dice, acts)))
		at = at.Add(time.Duration(1+w.IntN(90)) * time.Second)
	}
	return made
}
